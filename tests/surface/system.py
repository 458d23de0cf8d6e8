"""The five services without workers and without ZenML, rates out of the way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from stack import run as servers
from stack.bench.system import RATES, System
from stack.home import Env, Home
from stack.platform import run
from stack.preforked.daemons import parent, possible
from stack.processes import Daemon
from stack.sandbox.start import sandbox

SERVERS = {"nats", "postgres", "s3", "stac"}
ALONE = {"ANSWER_WITHOUT_WORKERS": "true"}


@contextmanager
def system(home: Home) -> Iterator[System]:
    """Everything is stopped at the end."""
    try:
        with kept(home) as running:
            yield running
    finally:
        servers.down(home=home)


@contextmanager
def kept(home: Home) -> Iterator[System]:
    """What runs already is used, and everything left as it is."""
    if possible():
        parent(home).start()
    env = servers.up(SERVERS, home=home)
    sandbox("rawdata", None, home)[0].start()
    new = [room for room in run.ROOMS if Daemon(room, [], home=home).pid is None]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda room: run.prepare(home, env, room), new))
        daemons = dict(zip(run.ROOMS, pool.map(lambda room: _service(home, env, room), run.ROOMS), strict=True))
    yield System(home, env, daemons)


def _service(home: Home, env: Env, room: str) -> Daemon:
    daemon = run.service(home, env, room)
    daemon.env = {**daemon.env, **(RATES if room == "gateway" else {}), **ALONE, "LOG_LEVEL": "WARNING"}
    return daemon.start()
