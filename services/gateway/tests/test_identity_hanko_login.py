"""AUTH_PROVIDER=hanko against the sandbox issuer: what counts as a token, and what becomes of the key set."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import httpx
import jwt
import psycopg
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from contracts.training import SubmitTraining
from contracts.verdict import Accepted
from gateway.identity.providers import jwks, sessions
from gateway.identity.providers.hanko import ExpectedClaims, HankoProvider
from gateway.identity.providers.jwks import Jwks
from gateway.identity.providers.setup import provider_of
from gateway.identity.users import Users
from gateway.settings import Settings
from kit.errors import Unauthenticated

SUB, EMAIL, ORIGIN = "0c1f7a2e-7c1d-4b8e-9f55-3f2f6a1b9d10", "mira@map.example", "https://map.example"


@pytest.fixture
def users(running, settings: Settings) -> Users:
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        connection.execute("insert into users (id, username) values (77, 'mira') on conflict do nothing")
        row = "insert into hanko_user_mappings (hanko_user_id, app_user_id) values (%s, %s) on conflict do nothing"
        connection.execute(row, (SUB, "77"))
        connection.execute(row, ("astray", "404404"))
    return Users(running.db)


@pytest.fixture
def provider(running, issuer, users, monkeypatch) -> HankoProvider:
    """In the place of the running gateway's."""
    url = str(issuer.base_url).rstrip("/")
    provider = HankoProvider(users, Jwks(url), ExpectedClaims(url, None), lambda origin: origin == ORIGIN)
    monkeypatch.setattr(running.context, "provider", provider)
    return provider


async def token(issuer, **claims) -> str:
    body = {"sub": SUB, "email": EMAIL} | claims
    return (await issuer.post("/token", json=body)).raise_for_status().json()["token"]


UNKNOWN = {"auth_provider": "hanko", "authenticated": False, "hanko_authenticated": False}
"""What the status says of somebody whose token is worth nothing."""


async def status(http, token: str, **headers: str) -> dict:
    """A worthless token is no error by itself."""
    bearer = {"authorization": f"Bearer {token}".strip().encode()}
    answer = await http.get("/api/v1/auth/status/", headers=bearer | headers)
    assert answer.status_code == 200
    return answer.json()


async def who(provider, token: str, unsafe: bool = False, **headers: str):
    return await provider.authenticate(
        httpx.Headers({"authorization": f"Bearer {token}"} | headers), unsafe, "192.0.2.1"
    )


@pytest.mark.spec("2.3", "mapping to a user")
async def test_mapped_person_is_a_user(http, issuer, provider):
    assert (await status(http, await token(issuer)))["user"] == {"osm_id": 77, "username": "mira", "is_real_osm": True}
    someone = await who(provider, await token(issuer))
    assert (someone.actor.id, someone.actor.username, someone.actor.roles) == (77, "mira", frozenset())
    assert (someone.external.id, someone.external.email) == (SUB, EMAIL)


@pytest.mark.spec("2.3", "needs_onboarding")
@pytest.mark.parametrize("sub", ["unmapped", "astray"])
async def test_unmapped_person_needs_onboarding(http, issuer, provider, sub):
    assert await status(http, await token(issuer, sub=sub, email=EMAIL)) == {
        **UNKNOWN, "needs_onboarding": True, "hanko_authenticated": True, "hanko_user": {"id": sub, "email": EMAIL},
    }  # fmt: skip


NOW, DAY = int(time.time()), 86_400
CLAIMS = {
    "wrong issuer": {"iss": "https://elsewhere.example"}, "expired": {"exp_in": -60}, "too early": {"iat": NOW + DAY},
    "no subject": {"sub": ""}, "no address": {"email": ""}, "address without text": {"email": {"is_verified": True}},
    "not valid yet": {"nbf": NOW + DAY},
}  # fmt: skip


@pytest.mark.spec("2.3", "failure is anonymous, iss, exp and iat, sub and e-mail are mandatory")
@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
async def test_worthless_claims_make_a_stranger(http, issuer, provider, claims):
    assert await status(http, await token(issuer, **claims)) == UNKNOWN


async def test_clock_may_differ_by_half_a_minute(issuer, provider):
    assert (await who(provider, await token(issuer, exp_in=-20))).actor.id == 77


@pytest.mark.spec("2.3", "aud")
@pytest.mark.parametrize(("expected", "counts"), [("localhost", True), ("elsewhere", False)])
async def test_audience_counts_when_configured(http, issuer, provider, expected, counts):
    provider.expected = ExpectedClaims(provider.expected.issuer, expected)
    assert (await status(http, await token(issuer)))["authenticated"] is counts


async def forged(issuer, header: dict, key: object, algorithm: str) -> str:
    good = jwt.decode(await token(issuer), options={"verify_signature": False})
    kid = jwt.get_unverified_header(await token(issuer))["kid"]
    return jwt.encode(good, key, algorithm=algorithm, headers={"kid": kid} | header)


async def public_pem(issuer) -> bytes:
    entry = (await issuer.get("/.well-known/jwks.json")).json()["keys"][-1]
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return jwt.PyJWK(entry).key.public_bytes(*form)


@pytest.mark.spec("2.3", "RS256 only")
async def test_other_algorithms_are_worthless(http, issuer, provider):
    none = await forged(issuer, {}, None, "none") + "c2lnbmF0dXJl"
    good = (await token(issuer)).split(".")
    mac = _hmac_signed(await public_pem(issuer), good)
    for bad in (none, mac):
        assert await status(http, bad) == UNKNOWN


def _hmac_signed(pem: bytes, good: list[str]) -> str:
    """HS256 with the public key as the secret, which libraries refuse to make but not everybody refuses to read."""
    header = json.loads(base64.urlsafe_b64decode(good[0] + "==")) | {"alg": "HS256"}
    first = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    signed = f"{first}.{good[1]}"
    mac = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.spec("2.3", "key by kid")
async def test_keys_that_a_token_brings_along_are_ignored(http, issuer, provider):
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key()))
    for header in (
        {"jwk": jwk},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/x"},
        {"kid": "own"},
    ):
        assert await status(http, await forged(issuer, header, own, "RS256")) == UNKNOWN


@pytest.mark.spec("2.3", "failure is anonymous")
@pytest.mark.parametrize("text", ["", "a.b", "a..c", "a.b.c", "opaque", "x" * 4000 + "." + "y" * 4200 + ".z", "ä.ö.ü"])
async def test_what_is_no_token_makes_a_stranger(http, provider, text):
    assert await status(http, text) == UNKNOWN


@pytest.mark.spec("2.3", "cookie hanko")
async def test_cookie_counts_for_reading_and_from_our_own_pages(http, issuer, provider):
    cookie = {"cookie": f"theme=dark; hanko={await token(issuer)}"}
    assert (await http.get("/api/v1/auth/me/", headers=cookie)).json()["osm_id"] == 77
    for origin, status in ((ORIGIN, 200), ("", 401), ("https://evil.example", 401)):
        headers = cookie | ({"origin": origin} if origin else {})
        answer = await http.patch("/api/v1/auth/me/", json={"newsletter_subscription": True}, headers=headers)
        assert answer.status_code == status, origin


@pytest.mark.spec("2.3", "bearer before cookie")
async def test_bearer_counts_before_the_cookie(http, issuer, provider):
    """A worthless bearer is not mended by the cookie beside it."""
    cookie = f"hanko={await token(issuer)}"
    assert await status(http, "a.b.c", cookie=cookie) == UNKNOWN
    astray = await status(http, await token(issuer, sub="astray"), cookie=cookie)
    assert astray["hanko_user"]["id"] == "astray"


@pytest.mark.spec("2.3", "JWKS cache")
async def test_new_key_is_fetched_once_for_all(issuer, provider, monkeypatch):
    assert (await who(provider, await token(issuer))).actor.id == 77
    await issuer.post("/rotate", json={})
    fresh = await token(issuer)
    assert (await who(provider, fresh)).external is None, "asked less than 30 s ago"
    monkeypatch.setattr(jwks, "BETWEEN", 0.0)
    assert (await who(provider, fresh)).actor.id == 77


@pytest.mark.spec("2.3", "JWKS cache")
async def test_last_good_keys_serve_while_the_issuer_is_down(issuer, users, monkeypatch):
    url = str(issuer.base_url).rstrip("/")
    keys = Jwks(url)
    provider = HankoProvider(users, keys, ExpectedClaims(url, None), lambda _: False)
    assert (await who(provider, await token(issuer))).actor.id == 77
    await issuer.post("/break", json={"down": True})
    try:
        monkeypatch.setattr(jwks, "BETWEEN", 0.0)
        monkeypatch.setattr(jwks, "FRESH", 0.0)
        assert (await who(provider, await token(issuer))).actor.id == 77
        monkeypatch.setattr(jwks, "LAST_GOOD", 0.0)
        assert (await who(provider, await token(issuer, username="again"))).external is None
        nobody_knows = HankoProvider(users, Jwks(url), ExpectedClaims(url, None), lambda _: False)
        assert (await who(nobody_knows, await token(issuer))).external is None
    finally:
        await issuer.post("/break", json={"down": False})


def test_only_signing_keys_of_the_right_kind_are_used():
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    right = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()

    def entry(key, **changes):
        return (
            json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key)) | {"kid": "k", "use": "sig", "alg": "RS256"} | changes
        )

    for bad in ({"use": "enc"}, {"alg": "RS512"}, {"kty": "oct"}, {"kid": 5}):
        with pytest.raises(ValueError, match="no usable key"):
            jwks.signing_keys({"keys": [entry(right, **bad)]})
    with pytest.raises(ValueError, match="no usable key"):
        jwks.signing_keys({"keys": [entry(small)]})
    assert list(jwks.signing_keys({"keys": [entry(small, kid="s"), entry(right, kid="r")]})) == ["r"]


@pytest.mark.spec("2.5", "status without identity, status mapped, status not mapped")
async def test_status_tells_the_three_cases(http, running, issuer, settings, users, monkeypatch):
    """The whole way, with the running gateway's provider exchanged."""
    url = str(issuer.base_url).rstrip("/")
    hanko = settings.model_copy(update={"auth_provider": "hanko", "hanko_url": url})
    monkeypatch.setattr(running.context, "provider", provider_of(hanko, users, running.context.outbounds.services))

    async def status(**claims):
        headers = {"authorization": f"Bearer {await token(issuer, **claims)}"} if claims else {}
        return (await http.get("/api/v1/auth/status/", headers=headers)).json()

    assert await status() == {"auth_provider": "hanko", "authenticated": False, "hanko_authenticated": False}
    user = {"osm_id": 77, "username": "mira", "is_real_osm": True}
    assert await status(sub=SUB) == {
        "auth_provider": "hanko", "authenticated": True, "needs_onboarding": False, "user": user,
        "hanko_user": {"id": SUB, "email": EMAIL},
    }  # fmt: skip
    new = await status(sub="unmapped")
    assert (new["authenticated"], new["needs_onboarding"], new["hanko_authenticated"]) == (False, True, True)


@pytest.mark.spec("1.5", "no credentials is 401")
async def test_protected_route_says_401_for_a_worthless_token(http, on_hanko, signed, problem):
    for headers in (await signed(SUB, exp_in=-60), {"authorization": "Bearer a.b.c"}, {"cookie": "hanko=a.b.c"}):
        assert problem(await http.get("/api/v1/auth/me/", headers=headers), 401)


@pytest.mark.spec("2.3", "email as string or object")
async def test_address_may_be_text(http, issuer, provider):
    assert (await status(http, await token(issuer, email_as_text=True)))["hanko_user"]["email"] == EMAIL


@pytest.mark.spec("2.3", "exp and iat, sub and e-mail are mandatory")
@pytest.mark.parametrize("claim", ["exp", "iat", "sub", "email"])
async def test_claim_may_not_be_missing(http, issuer, provider, claim):
    """Signed by the issuer itself, which has to be asked for a null and then drops it."""
    assert await status(http, await token(issuer, **{claim: None})) == UNKNOWN


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256"])
async def test_right_key_with_another_algorithm_is_worthless(provider, issuer, algorithm):
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider.keys = Pinned({"own": own.public_key()})
    claims = jwt.decode(await token(issuer), options={"verify_signature": False})
    good = jwt.encode(claims, own, algorithm="RS256", headers={"kid": "own"})
    assert (await who(provider, good)).actor.id == 77
    assert (await who(provider, jwt.encode(claims, own, algorithm=algorithm, headers={"kid": "own"}))).external is None


class Pinned:
    """A key set that never changes."""

    def __init__(self, keys: dict) -> None:
        self.keys = keys

    async def key(self, kid: str) -> object:
        return self.keys.get(kid)


async def test_known_kid_of_another_key_is_worthless(issuer, provider):
    """The kid names the right key, the signature is of another one."""
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert (await who(provider, await forged(issuer, {}, own, "RS256"))).external is None


@pytest.mark.spec("21.1", "jwks.json")
async def test_rotation_in_mid_traffic_loses_nobody(issuer, provider, monkeypatch):
    """Old tokens go on while a hundred requests bring a new kid; the set is fetched once more, not a hundred times."""
    old = [await token(issuer, sub=SUB, n=number) for number in range(20)]
    assert (await who(provider, old[0])).actor.id == 77
    await issuer.post("/rotate", json={})
    new = [await token(issuer, sub=SUB, n=number) for number in range(20)]
    fetched = 0
    original = provider.keys._fetched

    async def counted():
        nonlocal fetched
        fetched += 1
        monkeypatch.setattr(jwks, "BETWEEN", 30.0)
        return await original()

    monkeypatch.setattr(jwks, "BETWEEN", 0.0)
    monkeypatch.setattr(provider.keys, "_fetched", counted)
    seen = await asyncio.gather(*(who(provider, one) for one in [*new, *old] * 5))
    assert {someone.actor.id for someone in seen} == {77}
    assert fetched == 1


async def test_key_that_the_issuer_withdrew_counts_no_more(issuer, provider, monkeypatch):
    stolen = await token(issuer)
    assert (await who(provider, stolen)).actor.id == 77
    await issuer.post("/rotate", json={"keep": False})
    monkeypatch.setattr(jwks, "BETWEEN", 0.0)
    monkeypatch.setattr(jwks, "FRESH", 0.0)
    assert (await who(provider, await token(issuer))).actor.id == 77
    fresh_eyes = HankoProvider(provider.users, provider.keys, provider.expected, provider.trusts_origin)
    assert (await who(fresh_eyes, stolen)).external is None


async def test_unknown_key_while_the_issuer_is_down_is_a_stranger_and_known_ones_go_on(issuer, provider, monkeypatch):
    good = await token(issuer)
    assert (await who(provider, good)).actor.id == 77
    await issuer.post("/rotate", json={})
    unknown = await token(issuer)
    await issuer.post("/break", json={"down": True})
    monkeypatch.setattr(jwks, "BETWEEN", 0.0)
    try:
        assert (await who(provider, unknown)).external is None
        assert (await who(provider, await forged_again(good))).external is None
        assert (await who(provider, good)).actor.id == 77
    finally:
        await issuer.post("/break", json={"down": False})
    assert (await who(provider, unknown)).actor.id == 77


async def forged_again(good: str) -> str:
    """The same token with one byte of the signature changed."""
    head, body, signature = good.split(".")
    return f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


@pytest.fixture
def trainings(http, on_hanko, users, owners):
    """Submits as somebody with a token."""
    owners.judge(SubmitTraining, Accepted(result={"id": 1}, http=202))

    async def submit(token: str) -> httpx.Response:
        body = {"base_model_stac_id": "unet", "dataset_stac_id": "roofs", "model_name": "ended"}
        return await http.post("/api/v1/trainings/submit/", json=body, headers={"authorization": f"Bearer {token}"})

    return submit


async def test_ended_login_starts_no_run_but_its_signature_still_reads(http, issuer, trainings, problem):
    mine = await token(issuer)
    assert (await trainings(mine)).status_code == 202
    other = await token(issuer)
    await issuer.post("/end", json={"token": other})
    error = problem(await trainings(other), 401)["error"]
    assert error["details"]["reason"] == "session_ended"
    assert (await status(http, other))["authenticated"] is True


async def test_login_that_ended_is_noticed_within_a_minute(issuer, trainings, monkeypatch):
    monkeypatch.setattr(sessions, "REMEMBERED", 0.0)
    mine = await token(issuer)
    assert (await trainings(mine)).status_code == 202
    await issuer.post("/end", json={"token": mine})
    assert (await trainings(mine)).status_code == 401


async def test_known_login_is_not_asked_about_again_and_nobody_else_is_let_in_while_the_issuer_is_down(
    issuer, trainings, problem
):
    mine, other = await token(issuer), await token(issuer)
    assert (await trainings(mine)).status_code == 202
    await issuer.post("/break", json={"down": True})
    try:
        assert (await trainings(mine)).status_code == 202
        refused = await trainings(other)
    finally:
        await issuer.post("/break", json={"down": False})
    assert problem(refused, 503)["error"]["details"]["reason"] == "login_unavailable"


async def test_ended_login_administrates_nothing(http, issuer, on_hanko, users, problem):
    chief = await token(issuer, sub="chief", email="chief@map.example")
    await issuer.post("/end", json={"token": chief})
    headers = {"authorization": f"Bearer {chief}"}
    mapping = f"/api/admin/mappings/{SUB}"
    assert (await http.get(mapping, headers=headers)).status_code == 200
    refused = await http.delete(mapping, headers=headers)
    assert problem(refused, 401)["error"]["details"]["reason"] == "session_ended"


async def test_deployment_may_trust_signatures_alone(running, issuer, on_hanko, users, monkeypatch):
    monkeypatch.setattr(running.context.settings, "validate_sessions", False)
    ended = await token(issuer)
    await issuer.post("/end", json={"token": ended})
    provider = provider_of(running.context.settings, users, running.context.outbounds.services)
    await provider.verify_session({"authorization": f"Bearer {ended}"})
    with pytest.raises(Unauthenticated):
        await on_hanko.verify_session({"authorization": f"Bearer {ended}"})
