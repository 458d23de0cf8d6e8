"""Rows of the label store, written into the catalog's database."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.surface.rows import Rows


def key() -> str:
    return uuid4().hex[:20]


def stored(rows: Rows, *parts: str) -> str:
    """Returns a path of the bucket, in the folder that settings name, as the label store writes it."""
    return "/".join((rows.system.env["BUCKET_NAME"], "dev", *parts, key()))


def image_set(rows: Rows) -> int:
    return rows._one(
        "catalog",
        "INSERT INTO labelstore.image_sets (title, blobstorage_path, created_by)"
        " VALUES (%(key)s, %(path)s, 'owner') RETURNING id",
        path=stored(rows, "dropbox"),
    )


def image(rows: Rows) -> int:
    """As the owner registers one: it counts them."""
    return rows._one(
        "catalog",
        "WITH next AS (INSERT INTO labelstore.totals (name, value) VALUES ('images', 1)"
        " ON CONFLICT (name) DO UPDATE SET value = totals.value + 1 RETURNING value)"
        " INSERT INTO labelstore.images (ordinal, blobstorage_path) SELECT value, %(path)s FROM next RETURNING id",
        path=stored(rows, "uploads"),
    )


def campaign(rows: Rows, status: str = "created") -> int:
    return rows._one(
        "catalog",
        "INSERT INTO labelstore.campaigns (title, status, created_by) VALUES (%(key)s, %(status)s, 'owner')"
        " RETURNING id",
        status=status,
    )


def active_campaign(rows: Rows) -> int:
    return campaign(rows, "active")


def user(rows: Rows) -> int:
    return rows._one(
        "catalog", "INSERT INTO labelstore.users (email) VALUES (%(key)s || '@labels.example') RETURNING id"
    )


def role(rows: Rows) -> int:
    statement = (
        "INSERT INTO labelstore.roles (user_id, role, subject_type, subject_id)"
        " VALUES (%(parent)s, 'labeler', 'campaign', %(campaign)s) RETURNING id"
    )
    return rows._one("catalog", statement, parent=user(rows), campaign=campaign(rows))


def dataset(rows: Rows) -> int:
    """A version that is complete."""
    return rows._one(
        "catalog",
        "INSERT INTO labelstore.datasets (campaign_id, title, version, state, uri)"
        " VALUES (%(campaign)s, %(key)s, 1, 'done', %(uri)s) RETURNING id",
        campaign=campaign(rows, "finished"),
        uri=f"s3://{stored(rows, 'label-datasets')}/v1/",
    )


def export(rows: Rows) -> int:
    statement = (
        "INSERT INTO labelstore.exports (dataset_id, format, state) VALUES (%(parent)s, 'coco', 'done') RETURNING id"
    )
    return rows._one("catalog", statement, parent=dataset(rows))


def label_import(rows: Rows) -> int:
    """One that waits for its file."""
    return rows._one(
        "catalog",
        "INSERT INTO labelstore.imports (campaign_id, options, created_by)"
        """ VALUES (%(parent)s, '{"format": "coco"}', 'owner') RETURNING id""",
        parent=active_campaign(rows),
    )


def taxonomy(rows: Rows) -> int:
    return rows._one(
        "catalog", "INSERT INTO labelstore.taxonomies (name, version, labels, created_by)"
        " VALUES (%(key)s, 1, '[{\"name\": \"bottle\"}]', 'owner') RETURNING id",
    )  # fmt: skip


LABEL_NAMED: dict[str, Callable[[Rows], Any]] = {
    "imageset_id": image_set, "image_id": image, "campaign_id": campaign, "user_id": user, "role_id": role,
    "other_id": dataset, "export_id": export, "import_id": label_import, "taxonomy_id": taxonomy,
    "revision": lambda rows: 1,
}  # fmt: skip
