"""Accounts, what people are told, stars."""

from uuid import uuid4

from tests.surface.expected import Row
from tests.surface.rows import Rows

NOT_THEIRS = {"admin": 404}
ONLY_OWN = "notifications are private to whom they are for, administrators included"
NAMED_BY_ADDRESS = "administrators of mappings are named in ADMIN_EMAILS, which the provider of tests does not know"
MAPPING = {"admin": 403}


def mapping(rows: Rows) -> dict:
    return {"hanko_user_id": uuid4().hex, "app_user_id": "7"}


def webhook(rows: Rows) -> dict:
    """Everybody may have five of them, and those of former tests count."""
    rows.no_webhooks()
    return {"url": "https://hooks.example.org/fairway"}


def unverified(rows: Rows) -> int:
    return rows.webhook(verified=False)


def target(rows: Rows) -> str:
    return f"target_id={uuid4().hex}"


ROWS = [
    Row("GET /api/v1/notifications/me/{notification_id}/", but=NOT_THEIRS, why=ONLY_OWN),
    Row("POST /api/v1/notifications/me/{notification_id}/mark-read/", but=NOT_THEIRS, why=ONLY_OWN),
    Row("POST /api/v1/webhooks/", webhook),
    Row("POST /api/v1/webhooks/{webhook_id}/verify/", names={"webhook_id": unverified}),
    Row("PATCH /api/v1/auth/me/", {"newsletter_subscription": False}),
    Row("POST /api/v1/auth/me/request-email-verification/", done=400, why="the accounts have no address"),
    Row("GET /api/v1/auth/logins/"),
    Row("GET /api/v1/auth/me/verify-email/", done=400, why="a link without its parts"),
    Row("GET /api/v1/auth/onboarding/", done=400, why="only where Hanko is the provider"),
    Row("GET /api/v1/stars/", query=target),
    Row("POST /api/v1/stars/", query=target),
    Row("DELETE /api/v1/stars/", query=target),
    Row("GET /api/admin/mappings", but=MAPPING, why=NAMED_BY_ADDRESS),
    Row("POST /api/admin/mappings", mapping, but=MAPPING, why=NAMED_BY_ADDRESS),
    Row("GET /api/admin/mappings/{hanko_user_id}", but=MAPPING, why=NAMED_BY_ADDRESS),
    Row("PUT /api/admin/mappings/{hanko_user_id}", {"app_user_id": "7"}, but=MAPPING, why=NAMED_BY_ADDRESS),
    Row("DELETE /api/admin/mappings/{hanko_user_id}", but=MAPPING, why=NAMED_BY_ADDRESS),
]
