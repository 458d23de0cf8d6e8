"""What was read from a file, in a database of its own on disk: memory does not grow with the file."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from catalog.labelstore.imports.formats.found import FoundImage, FoundObject, Tally

_TABLES = """
    pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -8000;
    create table images (name text primary key, body text not null, member text) without rowid;
    create table objects (id integer primary key, image text, body text not null);
"""


class Spool:
    """`left_out`, `images_left_out` and `altered` count what readers could not take as it is. `member` of an image is
    its picture in the archive. Objects on the map have no image."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / "spool.sqlite", isolation_level=None, check_same_thread=False)
        self._db.executescript(_TABLES)
        self._db.execute("begin")
        self.left_out, self.images_left_out, self.altered = Tally(), Tally(), Tally()

    def close(self) -> None:
        self._db.close()

    def add_image(self, image: FoundImage, member: str | None = None) -> None:
        """What is known of an image already is kept."""
        known = self.image(image.name)
        if known:
            both: list[Any] = [new if old is None else old for old, new in zip(known[0], image, strict=True)]
            image = FoundImage(*both)
            member = known[1] or member
        self._db.execute("insert or replace into images values (?, ?, ?)", (image.name, _text(image), member))

    def image(self, name: str) -> tuple[FoundImage, str | None] | None:
        row = self._db.execute("select body, member from images where name = ?", (name,)).fetchone()
        return (FoundImage(*orjson.loads(row[0])), row[1]) if row else None

    def add_object(self, image: str | None, one: FoundObject) -> None:
        self._db.execute("insert into objects (image, body) values (?, ?)", (image, _text(one)))

    def index(self) -> None:
        """To be called once, when everything is read."""
        self._db.execute("create index objects_of_image on objects (image, id)")

    def images(self) -> Iterator[tuple[FoundImage, str | None]]:
        """Yields images by name, with their members of the archive."""
        for body, member in self._db.execute("select body, member from images order by name"):
            yield FoundImage(*orjson.loads(body)), member

    def objects(self, image: str | None) -> Iterator[FoundObject]:
        """Yields the objects of an image in the order of the file; with None those on the map."""
        for (body,) in self._db.execute("select body from objects where image is ? order by id", (image,)):
            yield _object(body)

    def count(self, image: str) -> int:
        return self._db.execute("select count(*) from objects where image is ?", (image,)).fetchone()[0]


def _text(row: Any) -> str:
    return orjson.dumps(list(row), default=str).decode()


def _object(body: str) -> FoundObject:
    where, label, box, *rest = orjson.loads(body)
    return FoundObject(where, label, tuple(box) if box else None, *rest)
