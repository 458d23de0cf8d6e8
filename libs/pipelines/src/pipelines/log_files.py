"""Reads the end of a step's log from the files that ZenML writes to the artifact store.

ZenML's API returns the oldest 50,000 lines, so the end of a long log is never included. A running step has one file
for every few seconds, named by its time; when the step ends they are merged into one.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

BLOCK: Final = 1 << 20
"""Bytes per read, from the end backwards."""
MERGED: Final = "_merged.log"
_MAX_LISTINGS: Final = 3
Json = dict[str, Any]


@dataclass(frozen=True)
class LogFile:
    uri: str
    size: int


class LogFileGone(Exception):
    """A file was merged into another one, or deleted, after it was listed."""


class LogStoreUnavailable(Exception):
    """The store does not answer; a later attempt may succeed."""


class LogStoreForbidden(Exception):
    """The store denies access to these files."""


class LogStore(Protocol):
    """Calls block. Each may raise LogStoreUnavailable and LogStoreForbidden."""

    def files(self, folder: str) -> list[LogFile]:
        """Returns all files in a folder, sorted by name; or the file whose URI is `folder`."""
        ...

    def read(self, uri: str, start: int, end: int) -> bytes:
        """Returns the bytes from `start` to before `end`. Raises LogFileGone."""
        ...


def last_entries(uri: str, count: int, store: LogStore) -> list[Json]:
    """Returns the last `count` entries as ZenML writes them, oldest first; parts of a long message are joined.

    The time this takes depends on `count`, not on the length of the log.
    """
    for _ in range(_MAX_LISTINGS):
        try:
            return joined(map(_entry, _lines_backwards(_current(store.files(uri)), store)), count)
        except LogFileGone:
            continue
    return []


def _current(files: list[LogFile]) -> list[LogFile]:
    """Without files that are also in a merged file, as during a merge and after an interrupted one."""
    merged = max((number for number, file in enumerate(files) if file.uri.endswith(MERGED)), default=0)
    return files[merged:]


def joined(backwards: Iterable[Json], count: int) -> list[Json]:
    """Returns the last `count` entries, oldest first. `backwards` are entries from the last to the first."""
    found: list[Json] = []
    for entry in backwards:
        if found and _continues(entry, found[-1]):
            found[-1] = {**entry, "message": entry["message"] + found[-1]["message"]}
        elif len(found) == count:
            break
        else:
            found.append(entry)
    return found[::-1]


def _continues(entry: Json, later: Json) -> bool:
    """ZenML splits a message of more than 5 kB into entries of one id."""
    return bool(later.get("chunk_index")) and entry.get("id") == later.get("id")


def _lines_backwards(files: list[LogFile], store: LogStore) -> Iterator[bytes]:
    for file in reversed(files):
        rest, end = b"", file.size
        while end > 0:
            start = max(0, end - BLOCK)
            rest, *lines = (store.read(file.uri, start, end) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line.strip())
            end = start
        if rest.strip():
            yield rest


def _entry(line: bytes) -> Json:
    """A line that is not JSON, as older versions of ZenML wrote, is a message."""
    try:
        entry = json.loads(line)
    except ValueError:
        entry = None
    if isinstance(entry, dict) and isinstance(entry.get("message"), str):
        return entry
    return {"message": line.decode(errors="replace").strip()}
