"""Rows of a label store that has been in use for years, by COPY."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import psycopg

IMAGES, CAMPAIGNS, IN_CAMPAIGN, OBJECTS = 1_000_000, 200, 5_000, 124_000
KEY, SECRET = "bench-key", "bench-secret"
CLASSES = [f"class {number}" for number in range(80)]


@dataclass(frozen=True)
class Filled:
    """`campaign_id` is active; `dataset_id` is a version of the first campaign, with all objects."""

    campaign_id: int
    image_ids: list[int]
    dataset_id: int


def fill(db: psycopg.Connection, images: int = IMAGES) -> Filled:
    tables = ("images", "campaigns", "submissions", "objects")
    emptied = ", ".join(f"labelstore.{one}" for one in tables)
    db.execute(f"truncate {emptied} restart identity cascade".encode())
    _copy(db, "images (ordinal, blobstorage_path, filetype, filesize, width, height, sha256)", _images(images))
    db.execute(
        "insert into labelstore.totals (name, value) values ('images', %s)"
        " on conflict (name) do update set value = excluded.value", (images,),
    )  # fmt: skip
    _copy(db, "campaigns (title, status, image_count, created_by)", _campaigns())
    rows = ((1 + number // IN_CAMPAIGN, 1 + number % images, number % 2 == 0)
            for number in range(CAMPAIGNS * IN_CAMPAIGN))  # fmt: skip
    _copy(db, "campaign_images (campaign_id, image_id, labeled)", rows)
    _user(db)
    dataset = _dataset(db)
    db.execute("vacuum analyze labelstore.images, labelstore.campaigns, labelstore.campaign_images, labelstore.objects")
    return Filled(CAMPAIGNS, [1 + ((CAMPAIGNS - 1) * IN_CAMPAIGN + n) % images for n in range(IN_CAMPAIGN)], dataset)


def _copy(db: psycopg.Connection, into: str, rows: Iterable[tuple[Any, ...]]) -> None:
    with db.cursor() as cursor, cursor.copy(f"copy labelstore.{into} from stdin".encode()) as copy:
        for row in rows:
            copy.write_row(row)


def _images(count: int) -> Iterable[tuple[Any, ...]]:
    for number in range(1, count + 1):
        digest = sha256(str(number).encode()).hexdigest()
        yield number, f"b/uploads/set-{number // 5000}/{number}.jpg", "JPEG", 2_000_000, 4000, 3000, digest


def _campaigns() -> Iterable[tuple[Any, ...]]:
    for number in range(1, CAMPAIGNS + 1):
        yield f"campaign-{number}", "finished" if number == 1 else "active", IN_CAMPAIGN, "admin@labels.example"


def _user(db: psycopg.Connection) -> None:
    digest = sha256(SECRET.encode()).hexdigest()
    row = db.execute(
        "insert into labelstore.users (email, api_key, secret_hash) values ('bench@labels.example', %s, %s)"
        " on conflict do nothing returning id", (KEY, f"sha256:{digest}"),
    ).fetchone()  # fmt: skip
    if row:
        db.execute("insert into labelstore.roles (user_id, role) values (%s, 'image-admin')", row)


def _dataset(db: psycopg.Connection) -> int:
    """A version whose images have 25 objects each, all in the first campaign."""
    db.execute("insert into labelstore.submissions (campaign_id, actor_id, by) values (1, 1, 'bench')")
    _copy(db, "objects (campaign_image_id, submission_id, label, label_original, x_min, x_max, y_min, y_max)",
          ((1 + n % IN_CAMPAIGN, 1, CLASSES[n % 80], CLASSES[n % 80], n % 900, n % 900 + 40, n % 700, n % 700 + 30)
           for n in range(OBJECTS)))  # fmt: skip
    (dataset,) = db.execute(
        "insert into labelstore.datasets (campaign_id, title, version, state, uri)"
        " values (1, 'campaign-1', 1, 'done', 's3://b/p/') returning id"
    ).fetchone() or (0,)
    db.execute(
        "insert into labelstore.dataset_images (dataset_id, campaign_image_id, submission_id, file_name)"
        " select %s, id, 1, lpad(image_id::text, 8, '0') || '.jpg' from labelstore.campaign_images"
        " where campaign_id = 1", (dataset,),
    )  # fmt: skip
    return dataset
