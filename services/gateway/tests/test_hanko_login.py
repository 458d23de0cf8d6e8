"""AUTH_PROVIDER=hanko against the sandbox issuer: what counts as a token, and what becomes of the key set."""

import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import AsyncIterator

import httpx
import jwt
import psycopg
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from gateway.auth import jwks
from gateway.auth.hanko import Expected, HankoProvider
from gateway.auth.jwks import Jwks
from gateway.auth.setup import provider_of
from gateway.auth.users import Users
from gateway.settings import Settings
from kit.testing import free_port
from stack.home import Home
from stack.processes import Daemon
from stack.ready import http_ok

SUB, EMAIL, ORIGIN = "0c1f7a2e-7c1d-4b8e-9f55-3f2f6a1b9d10", "mira@map.example", "https://map.example"


@pytest_asyncio.fixture(scope="module")
async def issuer(tmp_path_factory) -> AsyncIterator[httpx.AsyncClient]:
    port, home = free_port(), Home(tmp_path_factory.mktemp("issuer"))
    url = f"http://127.0.0.1:{port}"
    argv = [sys.executable, "-m", "stack.sandbox", "issuer", "--port", str(port)]
    daemon = Daemon("issuer", argv, ready=http_ok(f"{url}/livez"), home=home)
    daemon.start()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield client
    daemon.stop()


@pytest.fixture
def users(running, settings: Settings) -> Users:
    with psycopg.connect(settings.database_url.get_secret_value(), autocommit=True) as connection:
        connection.execute("insert into users (id, username) values (77, 'mira') on conflict do nothing")
        row = "insert into hanko_user_mappings (hanko_user_id, app_user_id) values (%s, %s) on conflict do nothing"
        connection.execute(row, (SUB, "77"))
        connection.execute(row, ("astray", "404404"))
    return Users(running.db)


@pytest.fixture
def provider(issuer, users) -> HankoProvider:
    url = str(issuer.base_url).rstrip("/")
    return HankoProvider(users, Jwks(url), Expected(url, None), lambda origin: origin == ORIGIN)


async def token(issuer, **claims) -> str:
    body = {"sub": SUB, "email": EMAIL} | claims
    return (await issuer.post("/token", json=body)).raise_for_status().json()["token"]


async def who(provider, token: str, unsafe: bool = False, **headers: str):
    return await provider.who(httpx.Headers({"authorization": f"Bearer {token}"} | headers), unsafe)


async def test_mapped_person_is_a_user(issuer, provider):
    someone = await who(provider, await token(issuer))
    assert (someone.actor.id, someone.actor.username, someone.actor.roles) == (77, "mira", frozenset())
    assert (someone.external.id, someone.external.email) == (SUB, EMAIL)


@pytest.mark.parametrize("sub", ["unmapped", "astray"])
async def test_unmapped_person_needs_onboarding(issuer, provider, sub):
    someone = await who(provider, await token(issuer, sub=sub, email=EMAIL))
    assert someone.needs_onboarding
    assert someone.actor.is_anonymous


NOW = int(time.time())
CLAIMS = {
    "wrong issuer": {"iss": "https://elsewhere.example"}, "expired": {"exp_in": -60}, "too early": {"iat": NOW + 600},
    "no subject": {"sub": ""}, "no address": {"email": ""}, "address without text": {"email": {"is_verified": True}},
    "not valid yet": {"nbf": NOW + 600},
}  # fmt: skip


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
async def test_worthless_claims_make_a_stranger(issuer, provider, claims):
    someone = await who(provider, await token(issuer, **claims))
    assert someone.external is None
    assert someone.actor.is_anonymous


async def test_clock_may_differ_by_half_a_minute(issuer, provider):
    assert (await who(provider, await token(issuer, exp_in=-20))).actor.id == 77


@pytest.mark.parametrize(("expected", "user"), [("localhost", 77), ("elsewhere", 0)])
async def test_audience_counts_when_configured(issuer, provider, expected, user):
    provider.expected = Expected(provider.expected.issuer, expected)
    assert (await who(provider, await token(issuer))).actor.id == user


async def forged(issuer, header: dict, key: object, algorithm: str) -> str:
    good = jwt.decode(await token(issuer), options={"verify_signature": False})
    kid = jwt.get_unverified_header(await token(issuer))["kid"]
    return jwt.encode(good, key, algorithm=algorithm, headers={"kid": kid} | header)


async def public_pem(issuer) -> bytes:
    entry = (await issuer.get("/.well-known/jwks.json")).json()["keys"][-1]
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return jwt.PyJWK(entry).key.public_bytes(*form)


async def test_other_algorithms_are_worthless(issuer, provider):
    none = await forged(issuer, {}, None, "none") + "c2lnbmF0dXJl"
    good = (await token(issuer)).split(".")
    mac = _hmac_signed(await public_pem(issuer), good)
    for bad in (none, mac):
        assert (await who(provider, bad)).external is None


def _hmac_signed(pem: bytes, good: list[str]) -> str:
    """HS256 with the public key as the secret, which libraries refuse to make but not everybody refuses to read."""
    header = json.loads(base64.urlsafe_b64decode(good[0] + "==")) | {"alg": "HS256"}
    first = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    signed = f"{first}.{good[1]}"
    mac = hmac.new(pem, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


async def test_keys_that_a_token_brings_along_are_ignored(issuer, provider):
    own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key()))
    for header in (
        {"jwk": jwk},
        {"jku": "https://evil.example/jwks"},
        {"x5u": "https://evil.example/x"},
        {"kid": "own"},
    ):
        assert (await who(provider, await forged(issuer, header, own, "RS256"))).external is None


@pytest.mark.parametrize("text", ["", "a.b", "a..c", "a.b.c", "opaque", "x" * 4000 + "." + "y" * 4200 + ".z", "ä.ö.ü"])
async def test_what_is_no_token_makes_a_stranger(provider, text):
    someone = await provider.who(httpx.Headers([(b"authorization", f"Bearer {text}".encode())]), False)
    assert someone.external is None


async def test_cookie_counts_for_reading_and_from_our_own_pages(issuer, provider):
    cookie = {"cookie": f"theme=dark; hanko={await token(issuer)}"}
    seen = [
        (await provider.who(httpx.Headers(cookie), unsafe=False)).actor.id,
        (await provider.who(httpx.Headers(cookie | {"origin": ORIGIN}), unsafe=True)).actor.id,
        (await provider.who(httpx.Headers(cookie), unsafe=True)).actor.id,
        (await provider.who(httpx.Headers(cookie | {"origin": "https://evil.example"}), unsafe=True)).actor.id,
    ]
    assert seen == [77, 77, 0, 0]


async def test_new_key_is_fetched_once_for_all(issuer, provider, monkeypatch):
    assert (await who(provider, await token(issuer))).actor.id == 77
    await issuer.post("/rotate", json={})
    fresh = await token(issuer)
    assert (await who(provider, fresh)).external is None, "asked less than 30 s ago"
    monkeypatch.setattr(jwks, "BETWEEN", 0.0)
    assert (await who(provider, fresh)).actor.id == 77


async def test_last_good_keys_serve_while_the_issuer_is_down(issuer, users, monkeypatch):
    url = str(issuer.base_url).rstrip("/")
    keys = Jwks(url)
    provider = HankoProvider(users, keys, Expected(url, None), lambda _: False)
    assert (await who(provider, await token(issuer))).actor.id == 77
    await issuer.post("/break", json={"down": True})
    try:
        monkeypatch.setattr(jwks, "BETWEEN", 0.0)
        monkeypatch.setattr(jwks, "FRESH", 0.0)
        assert (await who(provider, await token(issuer))).actor.id == 77
        monkeypatch.setattr(jwks, "LAST_GOOD", 0.0)
        assert (await who(provider, await token(issuer, username="again"))).external is None
        nobody_knows = HankoProvider(users, Jwks(url), Expected(url, None), lambda _: False)
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
            jwks.usable({"keys": [entry(right, **bad)]})
    with pytest.raises(ValueError, match="no usable key"):
        jwks.usable({"keys": [entry(small)]})
    assert list(jwks.usable({"keys": [entry(small, kid="s"), entry(right, kid="r")]})) == ["r"]


async def test_status_tells_the_three_cases(http, running, issuer, settings, users, monkeypatch):
    """The whole way, with the running gateway's provider exchanged."""
    url = str(issuer.base_url).rstrip("/")
    hanko = settings.model_copy(update={"auth_provider": "hanko", "hanko_url": url})
    monkeypatch.setattr(running.door, "provider", provider_of(hanko, users, running.door.outbound))

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
