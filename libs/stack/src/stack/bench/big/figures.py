"""The figures of big predictions."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from fairway import Fairway
from geoml.batch_inference import FETCH_PROGRESS
from stack import run as servers
from stack.bench.big.model import model
from stack.bench.big.runs import STAGES, Measured, Runs
from stack.bench.big.synthetic_area import start_tile_server, with_allowed_host
from stack.bench.big.watch import Watch
from stack.bench.big.worker import kill, worker
from stack.bench.rows import Row
from stack.bench.system import System
from stack.processes import Daemon

SMALL, MIDDLE, BIG = 16, 32, 64
"""Tiles along a side: 256, 1,024 and 4,096 tiles."""
SOON = 0.3
"""Share of a stage after which it is cancelled."""


def big(system: System, side: int = BIG) -> list[Row]:
    with _ready(system) as (runs, daemon):
        runs.measured(2)
        small, large = runs.measured(SMALL), runs.measured(side)
        rows = [*_speed(large), *_weight(runs.watch, small, large), *_hints(large)]
        rows += [_cancel(runs, stage) for stage in STAGES]
        return [*rows, *_resumed(runs, daemon)]


@contextmanager
def _ready(system: System) -> Iterator[tuple[Runs, Daemon]]:
    system.env.update(servers.up({"zenml"}, home=system.home))
    template = start_tile_server(system)
    _let_in(system.daemons["prediction"], template)
    daemon = worker(system, template)
    try:
        with Watch(system.env["NATS__URL"], lambda: daemon.pid) as watch, Fairway(system.url, system.token) as fairway:
            yield Runs(fairway, watch, model(system), template), daemon
    finally:
        daemon.stop()


def _let_in(service: Daemon, template: str) -> None:
    service.stop()
    service.env = with_allowed_host(service.env, template)
    service.start()


def _speed(run: Measured) -> list[Row]:
    name, method = f"prediction of {run.tiles:,} tiles", f"{run.features / run.tiles:.1f} buildings a tile"
    taken = {stage: run.seconds(stage) for stage in STAGES}
    whole = Row(name, run.tiles / (run.ended - run.started), "tiles/s", None, f"{method}, {sum(taken.values()):.0f} s")
    return [whole, *(Row(f"{name}: {s}", run.tiles / t, "tiles/s", None, f"{t:.1f} s") for s, t in taken.items())]


def _weight(watch: Watch, small: Measured, large: Measured) -> list[Row]:
    weighed = zip(*(watch.heaviest(run.started, run.ended) for run in (small, large)), strict=True)
    whose = ("worker", "worker and its children")
    return [
        Row(f"memory of the {who}, {large.tiles:,} to {small.tiles:,} tiles", big / little, "times", "<= 1.2",
            f"{big:.0f} to {little:.0f} MB at the most, proportional set size twice a second")
        for who, (little, big) in zip(whose, weighed, strict=True)
    ]  # fmt: skip


def _hints(run: Measured) -> list[Row]:
    name, method = f"prediction of {run.tiles:,} tiles", f"{len(run.hints)} hints in all"
    return [
        Row(f"{name}: longest silence", run.gap, "s", "<= 2", method),
        Row(f"{name}: longest time without progress", run.standstill, "s", None, method),
    ]


def _cancel(runs: Runs, stage: str) -> Row:
    number = runs.begin(SMALL)
    hint = runs.hint(number, stage, SOON)
    method = f"{SMALL**2} tiles, cancelled at {hint.done} of {hint.total}"
    return Row(f"cancel while {stage}, until stopped", runs.cancelled(number), "s", "<= 5", method)


def _resumed(runs: Runs, daemon: Daemon) -> list[Row]:
    """kill -9 in the middle of the inference; another worker is there at once."""
    number = runs.begin(MIDDLE)
    runs.hint(number, "predict", 0.6)
    kill(daemon)
    killed, last = time.monotonic(), runs.watch.of(number)[-1]
    daemon.start()
    first = runs.hint(number, "predict", FETCH_PROGRESS + 0.005, killed)
    runs.finished(number)
    method = f"{MIDDLE**2} tiles, killed at {last.done}, went on at {first.done}"
    images = FETCH_PROGRESS * last.total
    return [
        Row(
            "kill -9: share of the inference not done again",
            (first.done - images) / (last.done - images),
            "",
            ">= 0.9",
            method,
        ),
        Row("kill -9: until work goes on", first.at - killed, "s", "<= 60", "the stream delivers the job again"),
    ]
