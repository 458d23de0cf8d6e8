"""The door, predictions with one worker, notices and a Mapswipe of our own, once for all tests of this folder."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from stack import run as servers
from stack.bench.system import RATES, System
from stack.home import Env, Home
from stack.platform import run
from stack.sandbox import sandbox
from tests.crowd.crowd import WORKER, Crowd

ROOMS = ("prediction", "notify", "gateway")
NO_PIPELINES = {"FAIR_ZENML_STORE_URL": "http://127.0.0.1:9", "FAIR_ZENML_STORE_API_KEY": "none"}
"""A worker wants to know of a pipeline server; no push asks it."""


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    home = Home(tmp_path_factory.mktemp("crowd"))
    try:
        env = servers.up({"nats", "postgres", "s3"}, home=home)
        daemon, url = sandbox("mapswipe", home=home)
        daemon.start()
        for room in ROOMS:
            run.prepare(home, env, room)
        daemons = {room: run.service(home, env, room) for room in ROOMS}
        daemons[WORKER] = run.worker(home, env, "prediction")
        for each in daemons.values():
            quick = {"LOG_LEVEL": "WARNING", "MAPSWIPE_POLL_INTERVAL": "0.1"}
            each.env = {**each.env, **RATES, **NO_PIPELINES, **quick, **_covers(each.env)}
            each.start()
        with Crowd.of(System(home, env, daemons), url) as crowd:
            yield crowd
    finally:
        servers.down(home=home)


def _covers(env: Env) -> Env:
    """Pictures of covers lie in the object store here."""
    return {"OUTBOUND_ALLOW_IMAGERY": f"{env['OUTBOUND_ALLOW_IMAGERY']},{urlsplit(env['AWS_ENDPOINT_URL']).netloc}"}


@pytest.fixture(autouse=True)
def no_trouble(crowd: Crowd) -> Iterator[None]:
    yield
    crowd.trouble("")
