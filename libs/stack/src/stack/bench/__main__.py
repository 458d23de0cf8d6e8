"""`make bench`: measures every performance target on a system of its own; writes a table and `.fairway/bench.json`."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from stack import pids
from stack.bench import bus, http_api, intake, job_start, lists, live, long_lists, package_jobs
from stack.bench.big import figures as big
from stack.bench.curves.figures import curves
from stack.bench.extracts.figures import extracts
from stack.bench.labels.figures import labels
from stack.bench.peers.figures import beside
from stack.bench.rows import Row, table, write
from stack.bench.system import System, idle_memory, system, two_gateway_workers
from stack.home import Home
from stack.preforked import PARENT
from stack.run import down

console = Console()
SETTLE = 5.0


def main() -> None:
    home = Home(Path(mkdtemp(prefix="fairway-bench-")))
    with console.status("starting"), system(home, together=True) as running:
        rows = [idle(running)]
    with console.status("starting"), system(home) as running:
        rows.append(idle(running))
        two_gateway_workers(running)
        baseline_rows, base = http_api.baseline(running)
        rows = baseline_rows + rows
        for measure in _measures(base):
            rows += measure(running)
    rows += extracts(home)
    rows += curves(home)
    down(home=home)
    target = Home.default().path
    target.mkdir(parents=True, exist_ok=True)
    write(rows, target / "bench.json")
    console.print(table(rows))
    console.print(f"{target / 'bench.json'}")


def _measures(base: float) -> list[Callable[[System], list[Row]]]:
    return [
        lambda s: http_api.writes(s, base), lambda s: http_api.reads(s, base), job_start.starts, lists.expanded,
        bus.outbox, bus.inbox, intake.intake, live.live, long_lists.long, package_jobs.many, labels,
        beside, big.big,
    ]  # fmt: skip


def idle(running: System) -> Row:
    """Before any load, one process per service."""
    time.sleep(SETTLE)
    proportional, resident = idle_memory(running)
    forked = PARENT in pids.running(running.home)
    method = f"sum of proportional set sizes; resident, shared pages counted in each: {resident:.0f} MB"
    name = "idle memory of the five services" + (" and of the parent that forks them" if forked else "")
    return Row(name, round(proportional, 1), "MB", "<= 290" if forked else "<= 410", method)


if __name__ == "__main__":
    main()
