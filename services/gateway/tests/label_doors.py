"""What tests of the label store's routes share: rows as their owner answers, and users with key pairs."""

from typing import Any

import pytest
from conftest import Owners
from doors import door_bus, door_owners, http, owners

from contracts.catalog import label_users as u
from contracts.verdict import Kind, Refused
from gateway.identity.providers.secret_hashes import hash_of
from gateway.testing import person

__all__ = ["door_bus", "door_owners", "http", "labels", "owners"]
API = "/api/v1"
ADMIN = person(9, "chief")
SECRET = "5" * 32
T = "2026-03-04T05:06:07.089000Z"
IMAGE_SET = {
    "imageset_id": 3, "title": "danube", "status": "created", "metadata": None, "blobstorage_path": "b/dropbox/danube",
    "date_created": T, "date_finished": None, "created_by": "a@b.example",
    "ingest": {"state": "none", "files_total": 0, "files_registered": 0, "files_unreadable": 0, "error": None},
}  # fmt: skip
CAMPAIGN = {
    "campaign_id": 5, "title": "plastic", "status": "created", "progress": {"total": 2, "done": 1}, "metadata": None,
    "label_translations": None, "apply_label_translations": False, "date_created": T, "date_started": None,
    "date_completed": None, "date_finished": None, "created_by": "a@b.example", "export": {"state": "none"},
    "uses_leases": False, "review": False,
}  # fmt: skip
USER = {"user_id": 4, "email": "p@l.example", "enabled": True, "apikey": "0" * 32, "public_key": None, "roles": []}


def rows(*results: Any, total: int | None = None, per_page: int = 10, next_start: int | None = None) -> dict[str, Any]:
    """An owner's answer to a list."""
    count = len(results) if total is None else total
    return {"total": count, "per_page": per_page, "results": list(results), "next_start": next_start}


def pair(key: str, secret: str = SECRET) -> dict[str, str]:
    return {"authentication-key": key, "authentication-secret": secret}


def not_found(detail: str = "There is none.") -> Refused:
    return Refused(kind=Kind.NOT_FOUND, code="not_found", detail=detail)


def answer_keys(owners: Owners, **users: dict[str, Any]) -> None:
    """The owner knows these keys: key → what differs from an enabled user with SECRET."""
    known = {"user_id": 4, "email": "p@l.example", "enabled": True, "hash": hash_of(SECRET)}
    owners.answer(
        u.GetLabelKey, lambda body: {**known, **users[body["apikey"]]} if body["apikey"] in users else not_found()
    )


@pytest.fixture
def labels(owners: Owners) -> Owners:
    """Silent, but for the key `party`."""
    answer_keys(owners, party={})
    return owners
