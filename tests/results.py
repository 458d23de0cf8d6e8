"""What became of each test of a room: the pytest plug-in `tests.results` writes it to `--results`, `read` reads it.

A line for every report, written at once, so that also a room which is killed says what it had done.
"""

import json
import resource
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import pytest

WORST_LAST = ("passed", "skipped", "failed")


@dataclass(frozen=True)
class Result:
    outcome: str
    """One of WORST_LAST; an error before or after the test makes it `failed`."""
    text: str = ""
    """Of failures: the traceback and what was captured."""
    phase: str = "call"
    """`setup` of what could not be made for it."""

    @property
    def shared_error(self) -> str:
        """What was said by a setup that failed; empty for other failures."""
        lines = self.text.splitlines() if self.phase == "setup" else ()
        return "\n".join(line for line in lines if line.startswith("E "))


@dataclass
class Outcome:
    """Of one run of pytest."""

    room: str
    seconds: float
    code: int
    output: str
    results: dict[str, Result]
    """By node id; the module's where it could not be collected."""
    unsteady: set[str] = field(default_factory=set)
    """Failed here, and passed when they ran once more."""

    @property
    def failed(self) -> set[str]:
        return {test for test, result in self.results.items() if result.outcome == "failed"} - self.unsteady

    @property
    def errors(self) -> set[str]:
        """One of each failed test; tests that share what could not be made for them have one together."""
        return {self.results[test].shared_error or test for test in self.failed}

    @property
    def is_forgiven(self) -> bool:
        return bool(self.unsteady) and not self.failed

    def counts(self) -> Counter[str]:
        every = Counter(result.outcome for result in self.results.values())
        return every + Counter(failed=-len(self.unsteady)) + Counter(unsteady=len(self.unsteady))


class Writer:
    def __init__(self, file: TextIO) -> None:
        self.file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or not report.passed:
            self._write(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._write(report)

    def _write(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        captured = [f"-- {name} --\n{content}" for name, content in report.sections]
        text = "\n".join([report.longreprtext, *captured]) if report.failed else ""
        print(json.dumps([report.nodeid, report.outcome, text, report.when or ""]), file=self.file, flush=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--results", type=Path, metavar="FILE", help="what became of each test, as lines of JSON")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in used)
    terminalreporter.write_line(f"{seconds:.0f}s of CPU, with the processes that were waited for")


def pytest_configure(config: pytest.Config) -> None:
    if path := config.getoption("--results"):
        file = path.open("w")
        config.add_cleanup(file.close)
        config.pluginmanager.register(Writer(file))


def read(path: Path) -> dict[str, Result]:
    """Empty where pytest did not come so far; the last line may be cut off by a kill."""
    results: dict[str, Result] = {}
    for line in path.read_text().splitlines(keepends=True) if path.exists() else ():
        if line.endswith("\n"):
            test, *found = json.loads(line)
            results[test] = _worse(results.get(test), Result(*found))
    return results


def _worse(before: Result | None, now: Result) -> Result:
    """The first failure of a test stays."""
    if before is None or WORST_LAST.index(now.outcome) > WORST_LAST.index(before.outcome):
        return now
    return before
