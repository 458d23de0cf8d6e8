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
    Row("auth GET /api/v1/notifications/me/"),
    Row("auth POST /api/v1/notifications/me/mark-all-read/"),
    Row("auth GET /api/v1/notifications/me/{notification_id}/", but=NOT_THEIRS, why=ONLY_OWN),
    Row("auth POST /api/v1/notifications/me/{notification_id}/mark-read/", but=NOT_THEIRS, why=ONLY_OWN),
    Row("anon GET /api/v1/banners/"),
    Row("admin POST /api/v1/banners/", {"message": "new"}),
    Row("anon GET /api/v1/banners/{banner_id}/"),
    Row("admin PUT /api/v1/banners/{banner_id}/", {"message": "newer"}),
    Row("admin PATCH /api/v1/banners/{banner_id}/", {}),
    Row("admin DELETE /api/v1/banners/{banner_id}/"),
    Row("auth GET /api/v1/user-state/"),
    Row("auth POST /api/v1/user-state/", {"state": {"a": 1}}),
    Row("auth GET /api/v1/user-state/{pid}/"),
    Row("owner PUT /api/v1/user-state/{pid}/", {"state": [0]}),
    Row("owner PATCH /api/v1/user-state/{pid}/", {"state": ""}),
    Row("owner DELETE /api/v1/user-state/{pid}/"),
    Row("anon GET /api/v1/auth/status/"),
    Row("auth GET /api/v1/auth/me/"),
    Row("auth GET /api/v1/webhooks/"),
    Row("auth POST /api/v1/webhooks/", webhook),
    Row("auth GET /api/v1/webhooks/{webhook_id}/"),
    Row("owner PATCH /api/v1/webhooks/{webhook_id}/", {"description": "mine"}),
    Row("owner DELETE /api/v1/webhooks/{webhook_id}/"),
    Row("owner POST /api/v1/webhooks/{webhook_id}/rotate-secret/"),
    Row("owner POST /api/v1/webhooks/{webhook_id}/ping/"),
    Row("owner POST /api/v1/webhooks/{webhook_id}/verify/", names={"webhook_id": unverified}),
    Row("auth GET /api/v1/webhooks/{webhook_id}/deliveries/"),
    Row("auth PATCH /api/v1/auth/me/", {"newsletter_subscription": False}),
    Row("auth POST /api/v1/auth/me/request-email-verification/", done=400, why="the accounts have no address"),
    Row("anon GET /api/v1/auth/me/verify-email/", done=400, why="a link without its parts"),
    Row("anon GET /api/v1/auth/onboarding/", done=400, why="only where Hanko is the provider"),
    Row("anon GET /api/v1/stars/", query=target),
    Row("anon POST /api/v1/stars/", query=target),
    Row("anon DELETE /api/v1/stars/", query=target),
    Row("mappings GET /api/admin/mappings", but=MAPPING, why=NAMED_BY_ADDRESS),
    Row("mappings POST /api/admin/mappings", mapping, but=MAPPING, why=NAMED_BY_ADDRESS),
    Row("mappings GET /api/admin/mappings/{hanko_user_id}", but=MAPPING, why=NAMED_BY_ADDRESS),
    Row("mappings PUT /api/admin/mappings/{hanko_user_id}", {"app_user_id": "7"}, but=MAPPING, why=NAMED_BY_ADDRESS),
    Row("mappings DELETE /api/admin/mappings/{hanko_user_id}", but=MAPPING, why=NAMED_BY_ADDRESS),
]
