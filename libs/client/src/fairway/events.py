"""The server's events as Python objects; comes back by itself after a cut, where it left off."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from fairway.errors import ApiError, raise_for

SILENCE = 45.0
"""The server sends a comment each 15 s; three missing ones mean that the line is dead."""
AGAIN_AFTER = 1.0
PASSING = frozenset({429, 500, 502, 503, 504})
"""A gateway that is starting, overloaded, or behind something that is."""


@dataclass
class ServerEvent:
    name: str
    data: dict[str, Any]
    id: str | None = None


@dataclass
class _Draft:
    name: str = "message"
    id: str | None = None
    lines: list[str] = field(default_factory=list)


def stream(http: httpx.Client, path: str = "/events") -> Iterator[ServerEvent]:
    """Until the client is closed; `resync` events tell that some were missed and rows should be read again."""
    last: str | None = None
    while not http.is_closed:
        try:
            for event in _once(http, path, last):
                last = event.id or last
                yield event
        except (httpx.TransportError, httpx.StreamError):
            time.sleep(AGAIN_AFTER)
        except ApiError as error:
            if error.status not in PASSING:
                raise
            time.sleep(AGAIN_AFTER)
        except RuntimeError:
            if not http.is_closed:
                raise


def _once(http: httpx.Client, path: str, last: str | None) -> Iterator[ServerEvent]:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
    with http.stream("GET", path, headers=headers, timeout=httpx.Timeout(10, read=SILENCE)) as response:
        if not response.is_success:
            response.read()
        raise_for(response)
        yield from parse(response.iter_lines())


def parse(lines: Iterator[str]) -> Iterator[ServerEvent]:
    """The `text/event-stream` format of the HTML standard, without `retry`."""
    draft = _Draft()
    for line in lines:
        if line:
            _take(draft, line)
        elif draft.lines:
            yield ServerEvent(draft.name, json.loads("\n".join(draft.lines)), draft.id)
            draft = _Draft()


def _take(draft: _Draft, line: str) -> None:
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if name == "data":
        draft.lines.append(value)
    elif name == "event":
        draft.name = value
    elif name == "id":
        draft.id = value
