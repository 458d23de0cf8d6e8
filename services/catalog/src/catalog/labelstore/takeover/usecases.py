"""Takes over the database of a LabelAPI: ids, hashes and dates stay; all of it or nothing."""

from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.takeover.finish import FINISH
from catalog.labelstore.takeover.source import NoReference, Reference

Row = tuple[Any, ...]
IMAGE_SET = ("title", "status", "metadata", "blobstorage_path", "date_created", "date_finished", "created_by")
IMAGE = (
    "blobstorage_path", "imageset_id", "date_taken", "location_description", "lat", "lon", "type", "metadata", "tss_id",
    "filetype", "filesize", "width", "height",
)  # fmt: skip
CAMPAIGN = (
    "title", "status", "metadata", "label_translations", "date_created", "date_started", "date_completed",
    "date_finished", "created_by",
)  # fmt: skip
OBJECT = (
    "campaign_image_id", "label_translated", "label_original", "confidence", "date_added", "x_min", "x_max", "y_min",
    "y_max",
)  # fmt: skip
FILLED = f"""select (select count(*) from {SCHEMA}.images) + (select count(*) from {SCHEMA}.campaigns)
    + (select count(*) from {SCHEMA}.image_sets)"""
NOT_EMPTY = "The label store has images, image sets or campaigns already: it takes over a database while it is empty."


@dataclass
class Takeover:
    """`replace` is (old, new): the beginning of paths that are moved to this bucket. `counts` says what was taken over,
    merged, altered and left out."""

    reference: Reference
    target: psycopg.AsyncConnection
    replace: tuple[str, str] = ("", "")
    counts: Counter[str] = field(default_factory=Counter)
    users: dict[int, int] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)
    """Campaign images that occur twice → the one that stays."""

    async def run(self) -> dict[str, int]:
        """Returns the counts. Raises NoReference when it cannot be done; then nothing is changed."""
        async with self.target.transaction():
            if (await (await self.target.execute(FILLED)).fetchone() or (0,))[0]:
                raise NoReference(NOT_EMPTY)
            await self._users()
            await self._copy("image_sets", ("id", *IMAGE_SET, "ingest_state"), self._image_sets())
            await self._copy("images", ("id", "ordinal", *IMAGE), self._images())
            await self._copy("campaigns", ("id", *CAMPAIGN), self._campaigns())
            await self._roles()
            await self._campaign_images()
            await self._objects()
            for statement in FINISH:
                await self.target.execute(statement.encode())
        return dict(self.counts)

    async def _copy(self, table: str, columns: Sequence[str], rows: AsyncIterable[Row]) -> None:
        statement = f"copy {SCHEMA}.{table} ({', '.join(columns)}) from stdin"
        async with self.target.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            async for row in rows:
                await copy.write_row(row)

    async def _users(self) -> None:
        """A user whose e-mail is known, but for case, is that one; an id that another one has is given anew."""
        known = {email.lower(): number for number, email in await self._known("select id, email from {}.users")}
        taken = set(known.values())
        names = ("email", "public_key", "api_key", "api_secret", "enabled")
        async for number, email, public, key, secret, enabled in self.reference.rows("user", names):
            if email.lower() in known:
                self.users[number] = known[email.lower()]
                self.counts["users merged"] += 1
                self.counts["keys left out"] += key is not None
                continue
            values = email, public, key, _hash(secret), enabled is not False
            new = await self._user(None if number in taken else number, values)
            self.users[number] = known[email.lower()] = new
            taken.add(new)
            self.counts["users"] += 1
            self.counts["users with a new id"] += new != number

    async def _user(self, number: int | None, values: Row) -> int:
        columns, given = ("id, ", "%s, ") if number is not None else ("", "")
        statement = (
            f"insert into {SCHEMA}.users ({columns}email, public_key, api_key, secret_hash, enabled)"
            f" values ({given}%s, %s, %s, %s, %s) returning id"
        )
        parameters = values if number is None else (number, *values)
        found = await (await self.target.execute(statement.encode(), parameters)).fetchone()
        if number is not None:  # later ids of the sequence do not meet it
            last = f"select setval(pg_get_serial_sequence('{SCHEMA}.users', 'id'), max(id)) from {SCHEMA}.users"
            await self.target.execute(last.encode())
        return (found or (0,))[0]

    async def _known(self, statement: str) -> list[Row]:
        return await (await self.target.execute(statement.format(SCHEMA).encode())).fetchall()

    async def _image_sets(self) -> AsyncIterator[Row]:
        async for number, title, status, details, path, *rest in self.reference.rows("imageset", IMAGE_SET):
            self.counts["image_sets"] += 1
            state = "done" if status == "finished" else "none"
            yield number, title, status, _json(details), self._path(path), *rest, state

    async def _images(self) -> AsyncIterator[Row]:
        async for number, path, *rest in self.reference.rows("image", IMAGE):
            self.counts["images"] += 1
            rest[6] = _json(rest[6])
            yield number, self.counts["images"], self._path(path), *rest

    async def _campaigns(self) -> AsyncIterator[Row]:
        async for number, title, status, details, translations, *rest in self.reference.rows("campaign", CAMPAIGN):
            self.counts["campaigns"] += 1
            yield number, title, status, _json(details), _json(translations), *rest

    async def _roles(self) -> None:
        """Roles are few; those that give nothing here are left out."""
        campaigns = {number for (number,) in await self._known("select id from {}.campaigns")}
        async for _, user, role, kind, subject in self.reference.rows(
            "roles", ("user_id", "role", "subject_type", "subject_id")
        ):
            bound = (
                kind == "campaign" and subject in campaigns if role == "labeler" else (kind, subject) == (None, None)
            )
            if user not in self.users or not bound:
                self.counts["roles left out"] += 1
                continue
            statement = (
                f"insert into {SCHEMA}.roles (user_id, role, subject_type, subject_id) values (%s, %s, %s, %s)"
                " on conflict do nothing"
            )
            done = await self.target.execute(statement.encode(), (self.users[user], role, kind, subject))
            self.counts["roles" if done.rowcount else "roles merged"] += 1

    async def _campaign_images(self) -> None:
        first: dict[tuple[int, int], int] = {}
        labeled: set[int] = set()
        async for number, campaign, image, is_labeled in self.reference.rows(
            "campaign_image", ("campaign_id", "image_id", "labeled")
        ):
            kept = first.setdefault((campaign, image), number)
            if kept != number:
                self.merged[number] = kept
                self.counts["campaign_images merged"] += 1
            if is_labeled:
                labeled.add(kept)
        rows = ((number, *pair, number in labeled) for pair, number in first.items())
        self.counts["campaign_images"] = len(first)
        await self._copy("campaign_images", ("id", "campaign_id", "image_id", "labeled"), _each(rows))

    async def _objects(self) -> None:
        """Every object belongs to a submission here: those of a campaign to one that stands for all before."""
        await self.target.execute(
            f"insert into {SCHEMA}.submissions (id, campaign_id, actor_id, by, kind)"
            f" select id, id, 0, created_by, 'import' from {SCHEMA}.campaigns".encode()
        )
        of = dict(await self._known("select id, campaign_id from {}.campaign_images"))
        columns = ("id", "campaign_image_id", "submission_id", "label", *OBJECT[2:])
        await self._copy("objects", columns, self._object_rows(of))

    async def _object_rows(self, of: dict[int, int]) -> AsyncIterator[Row]:
        async for number, image, label, original, confidence, added, *box in self.reference.rows("object", OBJECT):
            kept = self.merged.get(image, int(image))
            edges = (*sorted(box[:2]), *sorted(box[2:]))
            if edges[0] == edges[1] or edges[2] == edges[3] or not label:
                self.counts["objects left out"] += 1
                continue
            self.counts["objects"] += 1
            self.counts["objects moved"] += kept != image
            self.counts["boxes turned"] += edges != tuple(box)
            yield number, kept, of[kept], label, original or label, confidence, added, *edges

    def _path(self, path: str) -> str:
        old, new = self.replace
        if old and path.startswith(old):
            return new + path[len(old) :]
        self.counts["paths not moved"] += bool(old)
        return path


async def _each(rows: Any) -> AsyncIterator[Row]:
    for row in rows:
        yield row


def _json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value)


def _hash(secret: bytes | memoryview | str | None) -> str | None:
    """A bcrypt hash is kept; it is rewritten when its user comes for the first time."""
    if not secret:
        return None
    return f"bcrypt:{secret if isinstance(secret, str) else bytes(secret).decode('ascii', 'ignore')}"
