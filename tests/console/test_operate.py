"""What staff see: servers, backlogs, dead letters that are sent again."""

import asyncio
import re
from uuid import uuid4

import httpx
import nats
import pytest
from playwright.async_api import Page, expect

from contracts import headers as h
from kit.testing import eventually
from tests.console.conftest import Site
from tests.console.page import Visitor

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.live, pytest.mark.timeout(1800)]
HOSTILE = "<img src=x onerror=alert(1)>"
ME = "/api/v1/label_users/me"


async def bury(site: Site, reason: str) -> None:
    """As `kit.messaging.delivery.dead_letters` does it."""
    connection = await nats.connect(site.home.recall()["env"]["NATS__URL"])
    headers = {
        h.ID: str(uuid4()), h.TYPE: "evt.training.v1.training_failed", h.ACTOR: '{"id": 7}', h.REASON: reason,
        h.STREAM: "EVENTS", h.SEQUENCE: str(uuid4().int % 10**12), h.CONSUMER: "notify-events-v1",
        "fairway-subject": "evt.training.v1.training_failed",
    }  # fmt: skip
    await connection.jetstream().publish("dead.notify", b'{"broken": true}', stream="DEAD", headers=headers)
    await connection.close()


async def test_dead_letter_is_replayed(mapper: Visitor, site: Site):
    reason = f"{HOSTILE} {uuid4()}"
    await bury(site, reason)
    with site.client() as fairway:
        await eventually(
            lambda: asyncio.to_thread(lambda: fairway.transport.get("/dead-letters/", search=reason)["count"])
        )
    page = await mapper.go("operate")
    await page.get_by_text("Database: answers").wait_for()
    await page.get_by_role("cell", name="COMMANDS/catalog-commands-v1").wait_for()
    letter = page.locator("details").filter(has_text=reason)
    await letter.locator("summary").press("Enter")
    await letter.get_by_text(reason).wait_for()
    assert await mapper.serious_findings() == []
    await mapper.picture("operate")
    await letter.get_by_role("button", name="Replay").press("Enter")
    await expect(page.get_by_role("status").filter(has_text="was sent again")).to_be_visible()


async def test_others_see_no_operations(visitor: Visitor):
    await visitor.sign_in("7:anna")
    page = await visitor.go("operate")
    await page.get_by_text("Only administrators see this").wait_for()
    await expect(page.get_by_role("link", name="Operate")).to_have_count(0)


async def test_bell_tells_what_happened(mapper: Visitor):
    bell = mapper.page.get_by_role("button", name="Notifications")
    await bell.press("Enter")
    await mapper.page.get_by_role("region", name="Notifications").get_by_role("listitem").first.wait_for()
    assert await mapper.serious_findings() == []
    await mapper.page.keyboard.press("Escape")
    await expect(mapper.page.get_by_role("region", name="Notifications")).to_have_count(0)


async def test_workers_quotas_and_people(mapper: Visitor):
    page = await mapper.go("operate")
    await page.get_by_role("cell", name="training-jobs-v1", exact=True).wait_for()
    await expect(page.get_by_text("Training: a month may cost CPU time without a limit")).to_be_visible()
    await page.get_by_role("cell", name=re.compile(r"Training: [1-9]")).first.wait_for()
    await page.get_by_label("Part of a name").fill("dev-user")
    await page.keyboard.press("Enter")
    await page.get_by_role("cell", name="dev-user", exact=True).wait_for()
    assert await mapper.serious_findings() == []
    await page.get_by_role("heading", name="Announcements").scroll_into_view_if_needed()
    await mapper.picture("operate-quotas")


async def test_announcement_is_seen_by_everybody(mapper: Visitor, phone: Visitor):
    words = f"Maintenance {uuid4()}"
    page = await mapper.go("operate")
    await page.get_by_label("Message to everybody").fill(words)
    await page.get_by_role("button", name="Announce").press("Enter")
    announcement = page.get_by_role("listitem").filter(has_text=words)
    await expect(announcement).to_contain_text("shown")
    await phone.open()
    await phone.page.get_by_role("status").filter(has_text=words).wait_for()
    await page.get_by_role("button", name=f"Delete the announcement: {words}").press("Enter")
    await expect(announcement).to_have_count(0)


@pytest.fixture
def another_admin(site: Site) -> None:
    """Of the label store, whose last one cannot be disabled."""
    body = {"email": f"{uuid4().hex[:12]}@labels.example", "issue_key": False, "roles": [{"role": "image-admin"}]}
    with site.client() as admin:
        admin.transport.write("POST", "/label_users", body)


async def test_labeller_gets_keys_until_disabled(mapper: Visitor, another_admin: None):
    email = f"{uuid4().hex[:12]}@labels.example"
    page = await mapper.go("operate")
    keys = page.get_by_role("region", name="Labellers and their keys").first
    await keys.get_by_label("E-mail").fill(email)
    await keys.get_by_label("Role").select_option("image-admin")
    await keys.get_by_role("button", name="Make a key pair").press("Enter")
    pair = await keys.get_by_label("Key", exact=True).input_value(), await keys.get_by_label("Secret").input_value()
    assert (await told(page, *pair)).is_success
    await keys.get_by_role("button", name=f"Disable {email}").press("Enter")
    await keys.get_by_role("button", name=f"Enable {email}").wait_for()
    assert (await told(page, *pair)).is_client_error


async def test_mappings_are_for_people_named_in_a_setting(mapper: Visitor):
    page = await mapper.go("operate")
    mappings = page.get_by_role("region", name="Identities and their accounts")
    await mappings.get_by_text("Only people whom the setting ADMIN_EMAILS names").wait_for()
    await expect(mappings.get_by_role("alert")).to_have_count(0)


async def told(page: Page, key: str, secret: str) -> httpx.Response:
    """What the label store answers to a key pair."""
    headers = {"authentication-key": key, "authentication-secret": secret}
    async with httpx.AsyncClient() as client:
        return await client.get(f"{page.url.split('/console')[0]}{ME}", headers=headers)
