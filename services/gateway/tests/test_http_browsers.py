"""What browsers are told in production: https, our host, our pages' origins, and the headers that guard them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
import pytest

from contracts.catalog.areas import GetAoi
from gateway.app import application

Site = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def deployed(running) -> Site:
    """The application with DEBUG=false and what else is named."""

    @asynccontextmanager
    async def open_site(**settings: object) -> AsyncIterator[httpx.AsyncClient]:
        app = application(running.context.settings.model_copy(update={"debug": False, **settings}))
        app.state.context = running.context
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://fair.example") as client:
            yield client

    return open_site


@pytest.mark.spec("1.7", "HSTS, X-Frame-Options, Referrer-Policy")
async def test_every_answer_guards_the_page(deployed):
    async with deployed() as site:
        for path in ("/api/", "/api/v1/nothing/", "/api/v1/auth/me/"):
            headers = (await site.get(path)).headers
            assert headers["strict-transport-security"] == "max-age=31536000"
            assert headers["x-frame-options"] == "DENY"
            assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
            assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.spec("1.7", "HTTPS redirect")
@pytest.mark.spec("20.2", "SECURE_SSL_REDIRECT")
async def test_plain_http_is_sent_to_https(deployed):
    async with deployed(ssl_redirect=True) as site:
        sent = await site.get("http://fair.example/api/v1/datasets/?limit=1")
        assert sent.is_redirect
        assert sent.headers["location"] == "https://fair.example/api/v1/datasets/?limit=1"
        assert (await site.get("/api/")).status_code == 200
    async with deployed(ssl_redirect=False) as site:
        assert (await site.get("http://fair.example/api/")).status_code == 200


@pytest.mark.parametrize(
    ("hosts", "place"),
    [([], "fair.example"), (["*"], "fair.example"), (["other.example"], "other.example"),
     (["*", "other.example"], "other.example")],
)  # fmt: skip
async def test_https_is_at_a_host_of_ours(deployed, hosts, place):
    """Whatever host a request names: a cache in between would send others where its sender wants them."""
    async with deployed(ssl_redirect=True, allowed_hosts=hosts) as site:
        sent = await site.get("http://other.example/api/v1/datasets/?limit=1")
    assert sent.headers["location"] == f"https://{place}/api/v1/datasets/?limit=1"


@pytest.mark.spec("1.7", "no HTTPS redirect in debug, any host in debug")
async def test_development_knows_neither_https_nor_hosts(deployed):
    async with deployed(debug=True, ssl_redirect=True, allowed_hosts=["fair.example"]) as site:
        response = await site.get("http://elsewhere.example/api/")
    assert response.status_code == 200
    assert "strict-transport-security" not in response.headers


@pytest.mark.spec("20.2", "ALLOWED_HOSTS")
@pytest.mark.parametrize(
    ("hosts", "status"), [([], 200), (["*"], 200), (["fair.example"], 400), (["other.example"], 200)]
)
async def test_only_our_hosts_are_answered(deployed, hosts, status):
    async with deployed(allowed_hosts=hosts) as site:
        assert (await site.get("https://other.example:443/api/")).status_code == status


@pytest.mark.spec("1.7", "listed origins, credentials allowed")
@pytest.mark.spec("20.2", "CORS_ALLOWED_ORIGINS, FRONTEND_URL, CORS_ALLOW_ALL_ORIGINS")
@pytest.mark.parametrize(
    ("origin", "everybody", "allowed"),
    [
        ("https://partner.example", False, True), ("https://map.example", False, True),
        ("https://evil.example", False, False), ("https://evil.example", True, True),
    ],
)  # fmt: skip
async def test_only_listed_pages_may_read(deployed, origin, everybody, allowed):
    async with deployed(cors_origins=["https://partner.example"], cors_all=everybody) as site:
        headers = (await site.get("/api/", headers={"origin": origin})).headers
    assert headers.get("access-control-allow-origin") == (origin if allowed else None)
    if allowed:
        assert headers["access-control-allow-credentials"] == "true"


PERSONAL = [("GET", "/api/v1/auth/me/"), ("GET", "/api/v1/auth/status/"), ("GET", "/api/v1/aois/7/"),
            ("DELETE", "/api/v1/aois/7/"), ("GET", "/api/v1/commands/7/"), ("POST", "/api/v1/aois/")]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PERSONAL)
async def test_nobody_keeps_what_a_person_is_told(http, owners, mapper, method, path):
    owners.answer(GetAoi, {"type": "Feature"})
    answer = await http.request(method, path, headers=mapper)
    assert answer.headers["cache-control"] == "private, no-store"
    assert "cache-control" not in (await http.request(method, path)).headers


async def test_what_says_itself_how_long_it_is_kept_is_left_alone(http, with_osm_login, mapper):
    assert (await http.get("/api/schema/", headers=mapper)).headers.get_list("cache-control") != ["private, no-store"]
    assert (await http.get("/api/v1/auth/login/")).headers["cache-control"] == "no-store"
