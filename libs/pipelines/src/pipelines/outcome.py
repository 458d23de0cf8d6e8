"""The outcome of a run, as the last report and as the exit code of its process."""

from dataclasses import asdict, dataclass
from typing import Literal

from pipelines import failure_messages, report

Cause = Literal["run", "killed", "server", "spec"]
"""What decided the outcome. `run`: the plug-in itself. `killed`: its process was killed. `server`: ZenML, or another
server that a step needs, was unreachable. `spec`: the run could not start. Another attempt is useful after `killed` and
`server` only."""

BAD_SPEC = 3
_CODES = {"completed": 0, "failed": 1, "stopped": 2}


@dataclass(frozen=True)
class RunOutcome:
    status: Literal["completed", "failed", "stopped"]
    reason: str = ""
    """a sentence for a mapper; empty when completed"""
    run_id: str | None = None
    """None when the run failed before the server had a record of it"""
    cause: Cause = "run"


def failed(reason: str, run_id: str | None) -> RunOutcome:
    """Of a run that the server has a record of."""
    cause: Cause = "server" if failure_messages.is_of_a_server(reason) else "run"
    return RunOutcome("failed", reason, run_id, cause)


def exit_code(outcome: RunOutcome) -> int:
    return BAD_SPEC if outcome.cause == "spec" else _CODES[outcome.status]


def write_outcome(outcome: RunOutcome) -> None:
    report.write("end", **asdict(outcome))
