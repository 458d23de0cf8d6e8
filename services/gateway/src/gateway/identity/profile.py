"""The profile of a user."""

from collections.abc import Mapping
from typing import Any

from contracts.gateway import Profile


def completion(img_url: str, email: str, email_verified: bool) -> int:
    """Returns per cent: account, picture, address and its verification are a quarter each."""
    return 25 * (1 + bool(img_url) + bool(email) + bool(email_verified))


def profile_of(user: Mapping[str, Any]) -> Profile:
    """`user`: a row of the table by column name."""
    percentage = completion(user["img_url"], user["email"], user["email_verified"])
    return Profile(**{**user, "osm_id": user["id"], "profile_completion_percentage": percentage})
