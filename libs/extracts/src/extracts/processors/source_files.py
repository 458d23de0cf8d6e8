"""Source files that a processor expects: names in its cache, where they come from, and what must hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

import orjson

from extracts.sources import Expected

Kind = Literal["raster", "vector", "archive", "table", "pg_table"]
ZENODO = "https://zenodo.org"


@dataclass(frozen=True)
class Source:
    """`name`: below the processor's `source_data/`, with `/` for folders. `url`: empty for what is not fetched.

    `packed`: the file lies in the ZIP at `url`, of which this is expected. `record`: address of the Zenodo record that
    publishes MD5 sums. `ranges`: a raster that may be read at its address by range requests instead of fetched.
    """

    name: str
    kind: Kind
    url: str = ""
    expected: Expected = field(default=Expected())
    packed: Expected | None = None
    record: str = ""
    ranges: bool = False

    def __post_init__(self) -> None:
        path = PurePosixPath(self.name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in self.name:
            raise ValueError(f"{self.name!r} is no name below a folder.")
        if self.kind not in get_args(Kind):
            raise ValueError(f"{self.name} has the kind {self.kind!r}; known are {', '.join(get_args(Kind))}.")

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem

    @property
    def file_name(self) -> str:
        return PurePosixPath(self.name).name


def zenodo(
    record: int, names: Iterable[str], kind: Kind, expected: Expected | None = None, archive: str = ""
) -> tuple[Source, ...]:
    """Files of a Zenodo record, or of the ZIP `archive` in it."""
    root = f"{ZENODO}/api/records/{record}"
    return tuple(
        Source(
            name, kind, f"{root}/files/{archive or name}/content", expected or Expected(),
            Expected() if archive else None, root,
        )
        for name in names
    )  # fmt: skip


def published_md5(record: bytes) -> dict[str, str]:
    """MD5 sums by file name, as a Zenodo record lists them."""
    files = orjson.loads(record).get("files", [])
    return {one["key"]: one["checksum"].removeprefix("md5:") for one in files if "md5:" in one.get("checksum", "")}


def read_catalogue(content: bytes) -> dict[str, tuple[Source, ...]]:
    """Lists of sources by processor, which replace the built-in ones; ValueError for a file that is no such list.

    A file that is not an archive and comes from a `.zip` is taken out of it.
    """
    parsed = orjson.loads(content)
    if not isinstance(parsed, dict):
        raise ValueError("A catalogue of sources is an object with a member for each processor.")
    return {name: tuple(_source(one) for one in entry["files"]) for name, entry in parsed.items()}


def _source(entry: dict[str, Any]) -> Source:
    url = entry.get("url", "")
    expected = Expected(entry.get("crs"), entry.get("bytes"), entry.get("sha1"))
    packed = Expected() if url.endswith(".zip") and entry["kind"] != "archive" else None
    return Source(entry["name"], entry["kind"], url, expected, packed)
