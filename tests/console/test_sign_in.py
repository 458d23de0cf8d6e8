"""The logins of a gateway without development tokens: the portal of Hanko, and OpenStreetMap, as sandbox servers that
speak their protocols."""

import sys
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from stack.home import REPOSITORY, Env, Home
from stack.platform.settings import of_room
from stack.processes import Daemon
from stack.ready import http_ok
from stack.sandbox import sandbox
from stack.sandbox.osm_login import CLIENT_ID, CLIENT_SECRET, PERSON
from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(600)]
WRITE = "/api/v1/notifications/me/mark-all-read/"
STAFF = "staff@map.example"
MAP_MEANWHILE = """async ([hanko_user_id, app_user_id]) => {
  const body = JSON.stringify({ hanko_user_id, app_user_id })
  const headers = { 'content-type': 'application/json' }
  return (await fetch('/api/admin/mappings', { method: 'POST', headers, body })).ok
}"""
STORED = "() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"


def with_logins(home: Home, url: str, issuer: str, osm: str) -> Env:
    """Settings of a gateway whose console is at `url`."""
    env = of_room(home, home.recall()["env"], "gateway", "gateway-logins")
    allowed = f"{env['OUTBOUND_ALLOW_SERVICES']},{httpx.URL(issuer).netloc.decode()},{httpx.URL(osm).netloc.decode()}"
    port = str(home.port("public-logins"))
    hanko = {
        "AUTH_PROVIDER": "hanko", "HANKO_API_URL": issuer, "LOGIN_URL": issuer, "COOKIE_SECRET": home.secret("cookies"),
        "FRONTEND_URL": url.rstrip("/"), "OUTBOUND_ALLOW_SERVICES": allowed, "PUBLIC__PORT": port,
        "ADMIN_EMAILS": STAFF,
    }  # fmt: skip
    login = {
        "OSM_URL": osm, "OSM_CLIENT_ID": CLIENT_ID, "OSM_CLIENT_SECRET": CLIENT_SECRET,
        "OSM_LOGIN_REDIRECT_URI": url, "OSM_SECRET_KEY": home.secret("osm"),
    }  # fmt: skip
    return env | hanko | login


@pytest.fixture(scope="module")
def issuer(site: Site) -> Iterator[str]:
    daemon, url = sandbox("issuer", home=site.home)
    daemon.start()
    yield url
    daemon.stop()


@pytest.fixture(scope="module")
def console(site: Site, issuer: str) -> Iterator[str]:
    """Address of the console of a second gateway."""
    home = site.home
    osm, osm_url = sandbox("osm", home=home)
    osm.start()
    url = f"http://127.0.0.1:{home.port('public-logins')}/console/"
    env = with_logins(home, url, issuer, osm_url)
    ready = http_ok(f"http://127.0.0.1:{env['HTTP__PORT']}/readyz")
    gateway = Daemon("gateway-logins", [sys.executable, "-m", "gateway"], env, ready, cwd=REPOSITORY, home=home)
    gateway.start()
    yield url
    gateway.stop()
    osm.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def guest(console: str, browser: Browser) -> AsyncIterator[Visitor]:
    context = await browser.new_context()
    guest = Visitor(await context.new_page(), console, "")
    yield guest
    await context.close()
    assert guest.complaints == []


async def test_newcomer_signs_in_at_the_portal(guest: Visitor, issuer: str):
    name = f"t{uuid4().hex[:10]}"
    httpx.post(f"{issuer}/person", json={"sub": name, "email": f"{name}@map.example"}).raise_for_status()
    guest.expected = ("404",)  # the sandbox's portal has no icon
    page = await guest.open("sign-in")
    await page.get_by_role("link", name="Sign in at 127.0.0.1").click()
    await page.get_by_text(f"You are signed in as {name}@map.example and have no account").wait_for()
    assert await guest.serious_findings() == []
    await guest.picture("sign-in-portal")
    await page.get_by_role("link", name="Make a new account").click()
    await is_signed_in(page, name)
    assert await page.evaluate(f"async () => (await fetch('{WRITE}', {{method: 'POST'}})).ok")
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_text("The login portal").wait_for()


async def test_identities_are_mapped_by_people_of_a_setting(guest: Visitor, issuer: str):
    me, other = (f"t{uuid4().hex[:10]}" for _ in range(2))
    httpx.post(f"{issuer}/person", json={"sub": me, "email": STAFF}).raise_for_status()
    guest.expected = ("404", "409")
    page = await guest.open("sign-in")
    await page.get_by_role("link", name="Sign in at 127.0.0.1").click()
    await page.get_by_role("link", name="Make a new account").click()
    await page.get_by_role("button", name="Sign out").wait_for()
    await guest.go("operate")
    mappings = page.get_by_role("region", name="Identities and their accounts").first
    own = mappings.get_by_role("row").filter(has_text=me)
    account = await own.get_by_role("cell").nth(1).inner_text()
    await map_identity(mappings, other, account)
    row = mappings.get_by_role("row").filter(has_text=other)
    await expect(row).to_contain_text(account)
    assert await guest.serious_findings() == []
    await guest.picture("mappings")
    await row.get_by_role("button", name="Change the account").press("Enter")
    await expect(mappings.get_by_label("Identity at the login portal")).to_have_value(other)
    await map_identity(mappings, other, "nobody-of-this-id")
    await expect(row).to_contain_text("no account has this id")
    assert await page.evaluate(MAP_MEANWHILE, [f"{other}-meanwhile", account])
    await map_identity(mappings, f"{other}-meanwhile", account)
    await expect(mappings.get_by_role("alert")).to_contain_text("Something changed meanwhile")
    await guest.picture("mappings-refused")
    row = mappings.get_by_role("row").filter(has=page.get_by_role("cell", name=other, exact=True))
    await row.get_by_role("button", name="Remove the mapping").press("Enter")
    await expect(row).to_have_count(0)


async def map_identity(mappings: Locator, identity: str, account: str) -> None:
    await mappings.get_by_label("Identity at the login portal").fill(identity)
    await mappings.get_by_label("Id of the account").fill(account)
    await mappings.get_by_role("button", name="Map it").press("Enter")


async def test_mapper_signs_in_with_openstreetmap(guest: Visitor):
    page = await guest.open("sign-in")
    await page.get_by_role("button", name="Sign in with OpenStreetMap").click()
    await is_signed_in(page, str(PERSON["display_name"]))
    await guest.go("place")
    await page.get_by_label("Name of the place").wait_for()


async def test_code_that_was_used_is_refused_in_words(guest: Visitor, console: str):
    guest.expected = ("400",)
    await guest.page.goto(f"{console}?code=used&state=forged")
    alert = guest.page.get_by_role("alert").first
    await expect(alert).to_contain_text("please start again")


async def is_signed_in(page: Page, name: str) -> None:
    """With nothing of the login where other scripts could read it."""
    await page.get_by_role("button", name="Sign out").wait_for()
    await expect(page.get_by_text(name)).to_be_visible()
    assert await page.evaluate(STORED) == '[{},{},""]'
    assert "code=" not in page.url
