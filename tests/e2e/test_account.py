"""Mails about an account, from the request to the mailbox and back by the link."""

import asyncio
import re

import httpx
import pytest

from stack.home import Home
from tests.e2e.conftest import Platform
from tests.e2e.faults import until

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]
ADDRESS = "mira@map.example"


@pytest.fixture
def account(platform: Platform):
    headers = {"Authorization": f"Bearer {platform.token}", "X-Dev-User": "91:mira"}
    with httpx.Client(base_url=f"{platform.url}/auth/me/", headers=headers, timeout=20) as client:
        yield client


def mails(home: Home, to: str) -> list[dict]:
    found = httpx.get(f"http://127.0.0.1:{home.port('sandbox-smtp')}/messages", timeout=10).json()
    return [mail for mail in found if to in mail["to"]]


@pytest.mark.spec("2.4", "verification mail, verify sets the flag")
def test_address_is_proven_by_the_link_in_the_mail(platform: Platform, account: httpx.Client):
    account.patch("", json={"email": ADDRESS}).raise_for_status()
    account.post("request-email-verification/").raise_for_status()
    asyncio.run(until(lambda: mails(platform.home, ADDRESS), 60))
    (mail,) = mails(platform.home, ADDRESS)
    assert mail["subject"] == "fAIr : Verify your email"
    (link,) = re.findall(r"https?://\S+/verify-email/\?(\S+)", mail["text"])
    assert httpx.get(f"{platform.url}/auth/me/verify-email/?{link}", timeout=20).status_code == 200
    assert account.get("").json()["email_verified"] is True


@pytest.mark.spec("2.4", "deletion request mails once")
def test_wish_to_be_deleted_reaches_people(platform: Platform, account: httpx.Client):
    for wish in (True, True, False):
        account.patch("", json={"account_deletion_requested": wish}).raise_for_status()
    asyncio.run(until(lambda: mails(platform.home, "fair@hotosm.org"), 60))
    mine = [mail for mail in mails(platform.home, "fair@hotosm.org") if "91" in mail["text"]]
    assert [mail["subject"] for mail in mine] == ["fAIr : Account deletion requested"]
