"""What is waited for in place, and for how long."""

import time

import pytest

from kit.errors import NotFound, Unavailable
from kit.retry import retry_transient


class Stumbling:
    """Raises these, one a call; then it answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def passes(error: BaseException) -> bool:
    return isinstance(error, Unavailable)


async def test_who_stumbles_is_asked_again():
    neighbour = Stumbling(Unavailable("away"), Unavailable("away"))
    assert await retry_transient(neighbour, 30, passes) == "answer"
    assert neighbour.calls == 3


async def test_what_time_does_not_cure_is_raised_at_once():
    neighbour = Stumbling(Unavailable("away"), NotFound("none"))
    with pytest.raises(NotFound):
        await retry_transient(neighbour, 30, passes)
    assert neighbour.calls == 2


async def test_error_is_raised_before_the_patience_is_over():
    neighbour, begun = Stumbling(*[Unavailable("away")] * 99), time.monotonic()
    with pytest.raises(Unavailable):
        await retry_transient(neighbour, 1, passes)
    assert time.monotonic() - begun < 1
    assert neighbour.calls > 1


class Busy(Unavailable):
    retry_after = 1.0


async def test_a_neighbour_that_names_a_time_is_left_alone_until_then():
    neighbour, began = Stumbling(Busy("busy")), time.monotonic()
    assert await retry_transient(neighbour, 30, passes) == "answer"
    assert time.monotonic() - began >= 1.0


async def test_a_time_beyond_the_limit_is_not_waited_for():
    neighbour = Stumbling(Busy("busy"))
    with pytest.raises(Busy):
        await retry_transient(neighbour, 0.5, passes)
    assert neighbour.calls == 1
