"""`make test`: pytest once per room, several rooms at a time, one line of sums at the end."""

import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).parents[1]
AT_ONCE = 3
LIMIT = 1_200
PARTS = ("libs", "services", "models")


@dataclass
class Outcome:
    room: str
    seconds: float
    code: int
    output: str
    counts: dict[str, int]


def rooms() -> list[str]:
    """Folders with tests; the longest first, so that they do not end alone."""
    folders = [path for part in PARTS for path in sorted((ROOT / part).glob("*/tests"))]
    longest = ("pipelines", "training", "prediction", "catalog", "kit")
    folders.sort(key=lambda tests: longest.index(tests.parent.name) if tests.parent.name in longest else len(longest))
    return [run for tests in folders for run in _runs(tests)]


def _runs(tests: Path) -> list[str]:
    """A folder below with a conftest of its own has servers of its own, and hence a process of its own."""
    apart = [str(path.parent.relative_to(ROOT)) for path in tests.glob("*/conftest.py") if "models" not in path.parts]
    ignored = " ".join(f"--ignore={folder}" for folder in apart)
    return [f"{tests.parent.relative_to(ROOT)} {ignored}".strip(), *apart]


def test(room: str) -> Outcome:
    """pytest of one room; exit code 5 (no test chosen) counts as success."""
    report = Path(mkdtemp()) / "report.xml"
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", f"--junitxml={report}", *room.split()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False)
    code = 0 if done.returncode == 5 else done.returncode
    return Outcome(room, time.monotonic() - started, code, done.stdout + done.stderr[-4000:], _counts(report))


def _counts(report: Path) -> dict[str, int]:
    suites = ET.parse(report).getroot().iter("testsuite") if report.exists() else ()
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in suites:
        for name in counts:
            counts[name] += int(suite.get(name, 0))
    return counts


def show(outcome: Outcome) -> None:
    lines = outcome.output.strip().splitlines()
    shown = lines if outcome.code else lines[-1:]
    print(f"== {outcome.room} ({outcome.seconds:.0f} s)", *shown, sep="\n", flush=True)


def main() -> None:
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for outcome in pool.map(
            test, ["tests/surface", "tests/crowd", "tests/contracts tests/architecture tests/chart", *rooms()]
        ):
            show(outcome)
            outcomes.append(outcome)
    outcomes.append(test("tests/e2e"))
    show(outcomes[-1])
    total = {name: sum(outcome.counts[name] for outcome in outcomes) for name in outcomes[0].counts}
    failed = total["failures"] + total["errors"]
    passed = total["tests"] - failed - total["skipped"]
    print(f"{passed} passed, {failed} failed, {total['skipped']} skipped")
    sys.exit(any(outcome.code for outcome in outcomes))


if __name__ == "__main__":
    main()
