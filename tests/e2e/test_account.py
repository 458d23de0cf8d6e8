"""Mails about an account, from the request to the mailbox and back by the link."""

import asyncio

import httpx
import pytest

from tests.e2e.conftest import Platform
from tests.e2e.faults import until
from tests.e2e.mailbox import follow_verification_link, mails

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
ADDRESS = "mira@map.example"


@pytest.fixture
def account(platform: Platform):
    headers = {"Authorization": f"Bearer {platform.token}", "X-Dev-User": "91:mira"}
    with httpx.Client(base_url=f"{platform.url}/auth/me/", headers=headers, timeout=20) as client:
        yield client


@pytest.mark.spec("2.4", "verification mail, verify sets the flag")
def test_address_is_proven_by_the_link_in_the_mail(platform: Platform, account: httpx.Client):
    account.patch("", json={"email": ADDRESS}).raise_for_status()
    account.post("request-email-verification/").raise_for_status()
    asyncio.run(until(lambda: mails(platform.home, ADDRESS), 60))
    (mail,) = mails(platform.home, ADDRESS)
    assert mail["subject"] == "fAIr : Verify your email"
    assert follow_verification_link(platform, mail).status_code == 200
    assert account.get("").json()["email_verified"] is True


@pytest.mark.spec("2.4", "deletion request mails once")
def test_wish_to_be_deleted_reaches_people(platform: Platform, account: httpx.Client):
    for wish in (True, True, False):
        account.patch("", json={"account_deletion_requested": wish}).raise_for_status()
    asyncio.run(until(lambda: mails(platform.home, "fair@hotosm.org"), 60))
    mine = [mail for mail in mails(platform.home, "fair@hotosm.org") if "91" in mail["text"]]
    assert [mail["subject"] for mail in mine] == ["fAIr : Account deletion requested"]
