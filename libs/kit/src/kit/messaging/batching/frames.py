"""Several messages in one: a line of JSON with number, headers and size of each member, then their bodies. Bodies are
not parsed on the way."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

MAX_BYTES = 1 << 20
"""Bodies that travel together; a larger one travels alone."""


@dataclass(frozen=True, slots=True)
class Member:
    """`number` tells the members of one batch apart; an answer has the number of its question."""

    number: int
    headers: dict[str, str]
    data: bytes


def packed(members: Iterable[Member]) -> bytes:
    """Returns the members as the body of one message."""
    members = list(members)
    head = orjson.dumps([(one.number, one.headers, len(one.data)) for one in members])
    return b"\n".join((head, b"".join(one.data for one in members)))


def unpacked(data: bytes) -> list[Member]:
    """Returns the members of a body. Raises ValueError or TypeError when it is not one of `packed`."""
    head, _, bodies = data.partition(b"\n")
    members, start = list[Member](), 0
    for number, headers, size in orjson.loads(head):
        members.append(Member(number, headers, bodies[start : start + size]))
        start += size
    return members
