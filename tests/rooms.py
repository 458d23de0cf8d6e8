"""`make test`: pytest once per room, several rooms at a time, one line of sums at the end.

The failed tests of a room that has only a few run once more, alone, after all others (`tests/unsteady.py`).
"""

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from stack.home import Home
from stack.testing import own_home
from tests import results, unsteady
from tests.results import Outcome
from tests.stacks import end

ROOT = Path(__file__).parents[1]
AT_ONCE = 3
LIMIT = float(os.environ.get("FAIRWAY_ROOM_LIMIT", "3600"))
"""Seconds of a room, its end included."""
PARTS = ("libs", "services", "models")
FAULTS = "tests/e2e/test_faults.py"
LAST = (FAULTS,)
"""Alone: it measures what the machine carries."""
WHOLE = f"tests/e2e tests/programs tests/console --ignore={FAULTS}"
"""One Fairway for all three, with servers of its own: it stops them."""
FIRST = (WHOLE, "tests/containers", "tests/surface")
"""The longest, so that they do not end alone."""
COMPUTING = (
    "tests/contracts tests/architecture tests/chart", "libs/extracts", "libs/geoml", "libs/geo", "libs/imagery",
    "libs/client", "libs/osm", "libs/runs", "models/box_unet", "models/chip_light", "models/rooftop_light",
    "models/unet", "processors",
)  # fmt: skip
"""They have no servers and hardly wait: they take the time that the faults leave."""
LOW_PRIORITY = 10
"""A tenth of what others have; with less a test may wait for minutes."""
SLOWEST = ("--durations=5", "--durations-min=5")
"""What a room that takes long takes long for."""
_SLOW = re.compile(r"[\d.]+s (setup|call|teardown|of CPU)")
HUNG = 124
"""The code of a room that was ended, as `timeout` has it."""


def rooms() -> list[str]:
    """Those after the first. The longest come first, those that compute between those that wait; `kit` comes late: its
    tests are those that a busy machine breaks."""
    folders = [path for part in PARTS for path in sorted((ROOT / part).glob("*/tests"))] + [ROOT / "processors/tests"]
    longest = ("prediction", "pipelines", "catalog", "stack", "notify", "training", "gateway", "kit")
    folders.sort(key=lambda tests: longest.index(tests.parent.name) if tests.parent.name in longest else len(longest))
    found = [run for tests in folders for run in _runs(tests)]
    others = [run for run in found if run not in COMPUTING]
    return [*others, "tests/crowd", "tests/machine"]


def _runs(tests: Path) -> list[str]:
    """A folder below with a conftest of its own has servers of its own, and hence a process of its own."""
    apart = [str(path.parent.relative_to(ROOT)) for path in tests.glob("*/conftest.py") if "models" not in path.parts]
    ignored = " ".join(f"--ignore={folder}" for folder in apart)
    return [f"{tests.parent.relative_to(ROOT)} {ignored}".strip(), *apart]


def run(room: str, limit: float | None = None, tests: Collection[str] = ()) -> Outcome:
    """pytest of one room, or of some tests of it; exit code 5 (no test chosen) is success. A room that does not end
    fails, with its stacks."""
    started = time.monotonic()
    with TemporaryDirectory(prefix="fairway-room-") as folder:
        report, log = Path(folder, "results.jsonl"), Path(folder, "log")
        options = ["-q", "--no-header", f"--rootdir={ROOT}", "-p", "tests.results", f"--results={report}", *SLOWEST]
        command = [sys.executable, "-m", "pytest", *options, *(sorted(tests) or room.split())]
        code, stacks = _run(command, log, limit or LIMIT, _home(room), room in COMPUTING)
        output = log.read_text(errors="replace") + stacks
        return Outcome(room, time.monotonic() - started, code, output, results.read(report))


def _home(room: str) -> Home:
    shared = Home.default()
    return own_home(shared.path.with_name(f"{shared.path.name}-whole")) if room == WHOLE else shared


def _run(command: list[str], log: Path, limit: float, home: Home, gives_way: bool) -> tuple[int, str]:
    """Exit code, and the stacks of what had to be ended. Nothing of the room's processes is left."""
    environment = {**os.environ, "PYTHONFAULTHANDLER": "1", "FAIRWAY_HOME": str(home.path)}
    if gives_way:
        environment["PYTEST_TIMEOUT"] = str(LIMIT)  # of a test
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    if gives_way:
        _give_way(process.pid)
    try:
        code = process.wait(limit)
        return (0 if code == 5 else code), ""
    except subprocess.TimeoutExpired:
        stacks = end(process)
        return HUNG, f"\nTHIS ROOM DID NOT END WITHIN {limit:.0f} s. Its processes and their threads:\n{stacks}"
    finally:
        end(process, stacks=False)


def _give_way(leader: int) -> None:
    """Each session has a share of its own, whatever the priority in it, where the kernel groups by sessions
    (sched(7), autogroups)."""
    os.setpriority(os.PRIO_PROCESS, leader, LOW_PRIORITY)
    with suppress(OSError):
        Path(f"/proc/{leader}/autogroup").write_text(str(LOW_PRIORITY))


def show(outcome: Outcome) -> None:
    lines = outcome.output.strip().splitlines()
    shown = lines if outcome.code else [line for line in lines if _SLOW.match(line)] + lines[-1:]
    print(f"== {outcome.room} ({outcome.seconds:.0f} s)", *shown, sep="\n", flush=True)


def main() -> None:
    with ThreadPoolExecutor(AT_ONCE) as busy, ThreadPoolExecutor(1) as aside:
        outcomes = _shown(busy.map(run, [*FIRST, *rooms()]))
        computing = aside.map(run, COMPUTING)
        outcomes += _shown(map(run, LAST))
        outcomes += _shown(computing)
    for outcome in filter(unsteady.may_run_again, outcomes):
        _run_again(outcome)
    sys.exit(_summarize(outcomes))


def _shown(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Each as soon as it is there."""
    found: list[Outcome] = []
    for outcome in outcomes:
        show(outcome)
        found.append(outcome)
    return found


def _run_again(outcome: Outcome) -> None:
    again = run(outcome.room, tests=outcome.failed)
    again.room = f"{outcome.room}: {len(outcome.failed)} failed, once more"
    show(again)
    unsteady.forgive(outcome, again)


def _summarize(outcomes: list[Outcome]) -> bool:
    """Prints the unsteady tests and the sums; whether something failed."""
    for line in unsteady.describe(outcomes):
        print(line)
    total = sum((outcome.counts() for outcome in outcomes), Counter[str]())
    unwell = sum(1 for outcome in outcomes if outcome.code and not outcome.is_forgiven)
    steadied = f", {total['unsteady']} unsteady" if total["unsteady"] else ""
    words = f", {unwell} room{'s' if unwell > 1 else ''} did not end well" if unwell else ""
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped{steadied}{words}")
    return bool(unwell)


if __name__ == "__main__":
    main()
