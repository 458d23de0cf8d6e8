"""The first generation's login: OpenStreetMap's OAuth2 against the sandbox server, and the header `access-token`."""

from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.identity.providers import osm_tokens
from gateway.identity.providers.osm_tokens import OsmPerson, OsmTokens

LOGIN, CALLBACK = "/api/v1/auth/login/", "/api/v1/auth/callback/"
BACK = "https://map.example/authenticate"


@pytest.fixture
async def consent(http, osm, with_osm_login):
    """What the browser does: goes to the address, comes back with code and state."""

    async def go(**person) -> dict[str, str]:
        await osm.post("/person", json={"id": 8500, "display_name": "mapper of old", "img": None} | person)
        address = (await http.get(LOGIN)).json()["login_url"]
        answer = await osm.get(address)
        assert answer.headers["location"].startswith(BACK)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    return go


async def logged_in(http, consent, **person) -> dict[str, str]:
    answer = await http.get(CALLBACK, params=await consent(**person))
    assert answer.status_code == 200
    return {"access-token": answer.json()["access_token"]}


@pytest.mark.spec("2.7", "GET /auth/login/, authorize URL with state, OSM_CLIENT_ID, OSM_URL, OSM_SCOPE")
@pytest.mark.spec("2.7", "OSM_LOGIN_REDIRECT_URI")
async def test_login_url_has_all_that_osm_wants(http, osm, with_osm_login):
    url = urlsplit((await http.get(LOGIN)).json()["login_url"])
    assert f"{url.scheme}://{url.netloc}" == str(osm.base_url).rstrip("/")
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url.path == "/oauth2/authorize"
    assert asked.pop("state")
    assert asked == {
        "client_id": "sandbox-client", "redirect_uri": BACK, "response_type": "code", "scope": "read_prefs",
    }  # fmt: skip


@pytest.mark.spec("2.7", "GET /auth/callback/, access-token header, status legacy, OSM_CLIENT_SECRET")
@pytest.mark.spec("2.7", "user created on first sight")
async def test_first_login_makes_the_user(http, consent, sql):
    headers = await logged_in(http, consent, img="https://osm.example/face.png")
    me = (await http.get("/api/v1/auth/me/", headers=headers)).json()
    assert (me["osm_id"], me["username"], me["img_url"]) == (8500, "mapper of old", "https://osm.example/face.png")
    status = (await http.get("/api/v1/auth/status/", headers=headers)).json()
    assert status == {"auth_provider": "legacy", "authenticated": True}


@pytest.mark.spec("2.7", "user refreshed")
async def test_new_name_and_picture_are_taken_over(http, consent, sql):
    await logged_in(http, consent, id=8501, display_name="before")
    headers = await logged_in(http, consent, id=8501, display_name="after", img="https://osm.example/new.png")
    assert (await http.get("/api/v1/auth/status/", headers=headers)).json()["authenticated"]
    assert sql("select username, img_url from users where id = 8501") == [("after", "https://osm.example/new.png")]


@pytest.mark.spec("2.7", "bad token refused, OSM_SECRET_KEY")
@pytest.mark.parametrize("token", ["junk", "e30.AAAA.BBBB", OsmTokens("another" * 8).write(OsmPerson(1, "dev-user"))])
async def test_bad_token_is_refused(http, with_osm_login, problem, token):
    problem(await http.get("/api/v1/datasets/", headers={"access-token": token}), 401)
    assert (await http.get(LOGIN, headers={"access-token": token})).status_code == 200, "one may log in again"


async def test_old_token_is_refused(http, consent, problem, monkeypatch):
    headers = await logged_in(http, consent, id=8502)
    monkeypatch.setattr(osm_tokens, "LIFE", -1)
    problem(await http.get("/api/v1/auth/me/", headers=headers), 401)


async def test_other_logins_go_on_beside_it(http, with_osm_login, mapper):
    assert (await http.get("/api/v1/auth/status/", headers=mapper)).json() == {
        "auth_provider": "dev", "authenticated": True,
    }  # fmt: skip


@pytest.mark.spec("2.7", "state is checked")
async def test_state_must_be_ours_and_young(http, consent, problem, monkeypatch):
    back = await consent()
    for state in ("", "made-up", OsmTokens("x" * 40).state("n")):
        problem(await http.get(CALLBACK, params={"code": back["code"], "state": state}), 400)
    problem(await http.get(CALLBACK, params={"state": back["state"]}), 400)
    monkeypatch.setattr(osm_tokens, "STATE_LIFE", -1)
    assert "state" in problem(await http.get(CALLBACK, params=back), 400)["error"]["details"]


async def test_a_token_is_no_state_and_a_state_no_token(http, consent, problem):
    back = await consent()
    headers = await logged_in(http, consent)
    problem(await http.get(CALLBACK, params={"code": back["code"], "state": headers["access-token"]}), 400)
    problem(await http.get("/api/v1/auth/me/", headers={"access-token": back["state"]}), 401)


async def test_code_that_osm_does_not_know_is_the_callers_fault(http, consent, problem):
    back = await consent()
    assert (await http.get(CALLBACK, params=back)).status_code == 200
    assert "code" in problem(await http.get(CALLBACK, params=back), 400)["error"]["details"], "a code works once"


@pytest.mark.spec("2.7", "GET /auth/callback/")
@pytest.mark.parametrize("path", ["/oauth2/token", "/api/0.6/user/details.json"])
@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_failure_of_osm_is_502_with_a_code(http, osm, consent, problem, path, status):
    back = await consent()
    await osm.post("/break", json={path: status})
    try:
        body = problem(await http.get(CALLBACK, params=back), 502)
    finally:
        await osm.post("/break", json={})
    assert body["error"]["code"] == "EXTERNAL_SERVICE_ERROR"


async def test_profile_without_an_id_is_502(http, consent, problem):
    back = await consent(id=None)
    assert problem(await http.get(CALLBACK, params=back), 502)["error"]["code"] == "EXTERNAL_SERVICE_ERROR"


async def test_logins_name_it(http, with_osm_login):
    answer = (await http.get("/api/v1/auth/logins/")).json()
    assert answer == {"auth_provider": "dev", "portal_url": None, "openstreetmap": True}


async def test_deployment_without_it_says_so(http, running, problem):
    assert not (await http.get("/api/v1/auth/logins/")).json()["openstreetmap"]
    for path in (LOGIN, f"{CALLBACK}?code=a&state=b"):
        problem(await http.get(path), 404)
