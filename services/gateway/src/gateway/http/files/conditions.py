"""Conditional and range requests (RFC 9110, sections 13 and 14), for one file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

_RANGE = re.compile(r"bytes\s*=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Representation:
    """One state of a file: `size` in bytes, `etag` with its quotes, `modified` in UTC."""

    size: int
    etag: str
    modified: datetime | None

    @property
    def headers(self) -> dict[str, str]:
        """Returns what tells the state in a response."""
        dated = {"last-modified": format_datetime(self.modified, usegmt=True)} if self.modified else {}
        return {"etag": self.etag, "accept-ranges": "bytes", **dated}


def is_known(file: Representation, headers: Mapping[str, str]) -> bool:
    """Returns whether the client has this state already. A tag counts more than a date."""
    tags = headers.get("if-none-match")
    if tags is not None:
        known = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return bool(known & {"*", file.etag.removeprefix("W/")})
    since = _date(headers.get("if-modified-since", ""))
    return bool(since and file.modified and file.modified.replace(microsecond=0) <= since)


def wanted_range(file: Representation, headers: Mapping[str, str]) -> range | None:
    """Returns the bytes that the client asks for; an empty range when there are none of them; None for the whole file:
    without a range, with several or an unreadable one, and when `If-Range` names another state."""
    found = _RANGE.fullmatch(headers.get("range", ""))
    if not found or not any(found.groups()) or not _is_same_state(file, headers.get("if-range")):
        return None
    first, last = found.groups()
    if not first:
        return range(max(0, file.size - int(last)), file.size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(file.size, int(last) + 1 if last else file.size))


def _is_same_state(file: Representation, given: str | None) -> bool:
    """Weak tags never are the same (RFC 9110, 13.1.5)."""
    if given is None:
        return True
    if given.startswith(('"', "W/")):
        return given == file.etag and not given.startswith("W/")
    return file.modified is not None and _date(given) == file.modified.replace(microsecond=0)


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
