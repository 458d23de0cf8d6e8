"""The server-sent events of the API; the stream reconnects by itself and continues after the last event."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from fairway.errors import ApiError, raise_for

READ_TIMEOUT = 45.0
"""Seconds. The server sends a comment every 15 s; the connection is dead when three are missing."""
RECONNECT_DELAY = 1.0
TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})
"""HTTP status of a gateway or proxy that is starting or overloaded."""


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
    """Yields events until the client is closed. A `resync` event means that events were lost: read the rows again.

    Raises ApiError when the server rejects the stream.
    """
    last: str | None = None
    while not http.is_closed:
        try:
            for event in _once(http, path, last):
                last = event.id or last
                yield event
        except (httpx.TransportError, httpx.StreamError):
            time.sleep(RECONNECT_DELAY)
        except ApiError as error:
            if error.status not in TRANSIENT_STATUSES:
                raise
            time.sleep(RECONNECT_DELAY)
        except RuntimeError:
            if not http.is_closed:
                raise


def _once(http: httpx.Client, path: str, last: str | None) -> Iterator[ServerEvent]:
    headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
    with http.stream("GET", path, headers=headers, timeout=httpx.Timeout(10, read=READ_TIMEOUT)) as response:
        if not response.is_success:
            response.read()
        raise_for(response)
        yield from parse(response.iter_lines())


def parse(lines: Iterator[str]) -> Iterator[ServerEvent]:
    """Parses the `text/event-stream` format (HTML standard, 9.2), without `retry`."""
    draft = _Draft()
    for line in lines:
        if line:
            _parse_line(draft, line)
        elif draft.lines:
            yield ServerEvent(draft.name, json.loads("\n".join(draft.lines)), draft.id)
            draft = _Draft()


def _parse_line(draft: _Draft, line: str) -> None:
    name, _, value = line.partition(":")
    value = value.removeprefix(" ")
    if name == "data":
        draft.lines.append(value)
    elif name == "event":
        draft.name = value
    elif name == "id":
        draft.id = value
