"""The bus on a disk that is full: it keeps below it by itself, and stores again soon after somebody else filled it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import nats
import psutil
import pytest
import pytest_asyncio
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import APIError

from kit.messaging.topology.apply import apply
from stack import down, pids, up
from stack.home import Env, Home
from stack.nats_health import problem
from stack.nats_supervisor import Supervisor
from stack.small_disk import NotAllowed, SmallDisk, small_disk

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
SIZE = 96 << 20
AGAIN = 30.0
"""Seconds from the moment that there is space to the first message that is stored."""


@pytest.fixture
def small_home() -> Iterator[Home]:
    """`disk` is where its NATS keeps everything."""
    with TemporaryDirectory(prefix="fairway-stack-") as folder:
        yield Home(Path(folder))


@pytest.fixture
def disk(small_home: Home) -> Iterator[SmallDisk]:
    try:
        with small_disk(small_home.folder("nats"), SIZE) as disk:
            yield disk
    except NotAllowed as reason:
        pytest.skip(f"no small disk without the right to mount one: {reason}")


@pytest.fixture
def bus(small_home: Home, disk: SmallDisk, clean_environment: None) -> Iterator[Env]:
    yield up({"nats"}, home=small_home)
    down(home=small_home)


@pytest_asyncio.fixture
async def js(bus: Env) -> AsyncIterator[JetStreamContext]:
    connection = await nats.connect(bus["NATS__URL"])
    yield connection.jetstream(timeout=1)
    await connection.close()


async def stores(js: JetStreamContext, subject: str, size: int) -> bool:
    try:
        await js.publish(subject, bytes(size))
    except (NatsError, TimeoutError):
        return False
    return True


async def until(check: Callable[[], Awaitable[bool]], limit: float) -> None:
    async with asyncio.timeout(limit):
        while not await check():
            await asyncio.sleep(0.2)


async def fill(js: JetStreamContext, subject: str) -> str:
    """What the server says once the stream of that subject is full."""
    for _ in range(SIZE // 100_000):
        try:
            await js.publish(subject, bytes(100_000))
        except APIError as error:
            return error.description or ""
    return "it never is"


async def test_full_streams_refuse_in_words_and_leave_space_on_the_disk(bus: Env, js, disk: SmallDisk):
    await apply(js, [], 1, int(bus["NATS_STREAM_BYTES"]))
    for subject in ("cmd.x", "evt.x", "job.x", "dead.x"):
        assert await fill(js, subject) == "maximum bytes exceeded"
    assert disk.free > SIZE // 4
    await js.purge_stream("COMMANDS")
    assert await stores(js, "cmd.x", 500_000)


async def test_bus_stores_again_soon_after_its_disk_had_no_space(
    small_home: Home, js: JetStreamContext, disk: SmallDisk
):
    await js.add_stream(name="KEPT", subjects=["kept"])
    port, first = small_home.port("nats-monitor"), pids.find(small_home, "nats")
    assert await stores(js, "kept", 100)
    disk.fill()

    async def is_full() -> bool:
        return not await stores(js, "kept", 100_000)

    await until(is_full, 10)
    await asyncio.to_thread(lambda: bool(problem(port)) or pytest.fail("the health page says nothing"))
    disk.empty()
    await until(lambda: stores(js, "kept", 100), AGAIN)
    assert first != pids.find(small_home, "nats"), "a server that met a full disk stores nothing until it starts again"
    assert (await js.get_msg("KEPT", 1)).data == bytes(100)


def test_supervisor_ends_with_the_stack(small_home: Home, bus: Env):
    watching = pids.find(small_home, "nats-supervisor")
    assert watching
    down(home=small_home)
    with suppress(psutil.NoSuchProcess):
        assert watching.status() == psutil.STATUS_ZOMBIE


class Page:
    """What the health page says, one look after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *told: str | None) -> None:
        self.told, self.restarts = list(told), 0
        monkeypatch.setattr("stack.nats_supervisor.problem", lambda port: self.told.pop(0))
        monkeypatch.setattr("stack.nats_supervisor.PATIENCE", 0.0)

    def again(self) -> None:
        self.restarts += 1


@pytest.mark.parametrize(
    ("told", "restarts"),
    [(("", "bad", ""), 1), (("bad", ""), 1), ((None, "bad", "bad"), 0), (("", None, None), 0), (("", "", ""), 0)],
)
def test_only_a_server_that_was_well_and_says_it_is_not_starts_anew(monkeypatch, tmp_path, told, restarts):
    """One that still reads its store was not well yet; one that says nothing was stopped, perhaps on purpose."""
    page = Page(monkeypatch, *told)
    supervisor = Supervisor(0, tmp_path, page.again)
    for _ in told:
        supervisor.look()
    assert page.restarts == restarts


def test_server_on_a_full_disk_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr("stack.nats_health.RESERVE", float("inf"))
    page = Page(monkeypatch, "", "bad", "bad")
    supervisor = Supervisor(0, tmp_path, page.again)
    for _ in range(3):
        supervisor.look()
    assert page.restarts == 0
