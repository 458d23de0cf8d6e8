"""What stops, hangs and starts again the processes of the platform, as a cluster and its accidents would."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import psycopg

from stack import pids
from stack import run as servers
from stack.home import Env, Home
from stack.platform import run
from stack.processes import Daemon, NotReady


@dataclass
class Supervisor:
    """Starts a daemon again when it has ended, as a cluster would."""

    home: Home
    env: Env
    daemons: dict[str, Daemon]
    restarts: int = 0
    stopped: bool = False
    hands: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever stops or starts."""

    async def run(self) -> None:
        while not self.stopped:
            async with self.hands:
                for room, daemon in self.daemons.items():
                    if daemon.pid is None:
                        await asyncio.to_thread(self._again, room, daemon)
            await asyncio.sleep(0.3)

    def _again(self, room: str, daemon: Daemon) -> None:
        """A service that refuses to start misses a durable; a point that has killed is disarmed."""
        daemon.env = {**daemon.env, "FAIRWAY_FAILPOINTS": ""}
        try:
            daemon.start()
        except NotReady:
            with suppress(Exception):
                run.prepare(self.home, self.env, room)
            return
        self.restarts += 1

    async def killed(self, room: str) -> None:
        """Kills a service, and returns when it was started again."""
        before = self.restarts
        await asyncio.to_thread(self.daemons[room].kill)
        await until(lambda: self.restarts > before, 60)

    async def armed(self, room: str, failpoint: str) -> None:
        """Starts a service anew so that it kills itself once at a named point."""
        daemon = self.daemons[room]
        before = self.restarts
        async with self.hands:
            await asyncio.to_thread(daemon.stop)
            daemon.env = {**daemon.env, "FAIRWAY_FAILPOINTS": failpoint}
            with suppress(NotReady):  # it may have killed itself already
                await asyncio.to_thread(daemon.start)
        await until(lambda: self.restarts > before, 60)

    @asynccontextmanager
    async def changed(self, room: str, before: Sequence[str] = (), **env: str) -> AsyncIterator[Daemon]:
        """The service runs with another environment, or behind another program, while the block runs."""
        daemon = self.daemons[room]
        usual = daemon.argv, daemon.env
        await self._restarted(daemon, [*before, *daemon.argv], {**daemon.env, **env})
        try:
            yield daemon
        finally:
            await self._restarted(daemon, *usual)

    async def _restarted(self, daemon: Daemon, argv: Sequence, env: Mapping[str, str]) -> None:
        async with self.hands:
            await asyncio.to_thread(daemon.stop)
            daemon.argv, daemon.env = argv, env
            await asyncio.to_thread(daemon.start)

    @asynccontextmanager
    async def stalled(self, room: str) -> AsyncIterator[None]:
        """SIGSTOP: connected, and silent."""
        process = pids.running(self.home)[room]
        process.suspend()
        try:
            yield
        finally:
            process.resume()


@asynccontextmanager
async def background(*jobs: object) -> AsyncIterator[None]:
    """Runs what has `run` and `stopped` beside the block."""
    tasks = [asyncio.create_task(job) for job in jobs]  # type: ignore[arg-type]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(check: Callable[[], object], limit: float, why: Callable[[], object] | None = None) -> float:
    """Seconds until `check` was true; AssertionError after the limit, with what `why` says then."""
    started = time.monotonic()
    while not await asyncio.to_thread(check):
        if time.monotonic() - started > limit:
            raise AssertionError(f"did not come true in time: {await asyncio.to_thread(why) if why else ''}")
        await asyncio.sleep(0.2)
    return time.monotonic() - started


async def server_killed(home: Home, name: str) -> None:
    """kill -9 of a backing server, which then starts again."""
    process = pids.running(home)[name]
    pids.kill([process, *pids.children(process)])
    await until(lambda: _up(home, name), 60)


def _up(home: Home, name: str) -> bool:
    """Not at the first try where the killed process still holds its place."""
    with suppress(NotReady):
        servers.up({name}, None, home)
        return True
    return False


@asynccontextmanager
async def server_away(home: Home, name: str) -> AsyncIterator[None]:
    await asyncio.to_thread(pids.stop, home, name)
    try:
        yield
    finally:
        await asyncio.to_thread(servers.up, {name}, None, home)


@asynccontextmanager
async def database_away(env: Env, room: str) -> AsyncIterator[None]:
    """One database of the server takes nobody in, and has sent away who was there."""
    name = psycopg.conninfo.conninfo_to_dict(env[f"DATABASE_URL_{room.upper()}"])["dbname"]
    with psycopg.connect(env["FAIRWAY_PG_ADMIN_URL"], autocommit=True) as admin:
        admin.execute(f'alter database "{name}" with allow_connections false')  # type: ignore[arg-type]
        try:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
            yield
        finally:
            admin.execute(f'alter database "{name}" with allow_connections true')  # type: ignore[arg-type]
