"""Messages in groups that are not too large."""

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar


class HasData(Protocol):
    """A message, as far as its size counts."""

    @property
    def data(self) -> bytes: ...


T = TypeVar("T", bound=HasData)


def sized(messages: Iterable[T], most: int) -> Iterator[list[T]]:
    """Yields them in their order, in lists of at most `most` bytes of data, one message at least."""
    group, size = list[T](), 0
    for message in messages:
        if group and size + len(message.data) > most:
            yield group
            group, size = [], 0
        group.append(message)
        size += len(message.data)
    if group:
        yield group
