"""What the mail server of the sandbox has received."""

import re

import httpx

from stack.home import Home
from tests.e2e.conftest import Platform


def mails(home: Home, to: str) -> list[dict]:
    """Oldest first."""
    found = httpx.get(f"http://127.0.0.1:{home.port('sandbox-smtp')}/messages", timeout=10).json()
    return [mail for mail in found if to in mail["to"]]


def follow_verification_link(platform: Platform, mail: dict) -> httpx.Response:
    """As the person does who owns the address."""
    (link,) = re.findall(r"https?://\S+/verify-email/\?(\S+)", mail["text"])
    return httpx.get(f"{platform.url}/auth/me/verify-email/?{link}", timeout=20)
