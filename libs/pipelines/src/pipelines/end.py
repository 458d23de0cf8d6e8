"""How a run ended, as the last report line and as the exit code of the process."""

from dataclasses import asdict, dataclass
from typing import Literal

from pipelines import report

Cause = Literal["run", "killed", "server", "spec"]
"""`run`: the plug-in itself. `killed`: its process was. `server`: ZenML was out of reach. `spec`: it could not begin.
A further attempt makes sense after `killed` and `server` only."""

BAD_SPEC = 3
_CODES = {"completed": 0, "failed": 1, "stopped": 2}


@dataclass(frozen=True)
class End:
    status: Literal["completed", "failed", "stopped"]
    reason: str = ""
    """in words for a mapper; empty when completed"""
    run_id: str | None = None
    """None when the run failed before the server knew of it"""
    cause: Cause = "run"


def exit_code(end: End) -> int:
    return BAD_SPEC if end.cause == "spec" else _CODES[end.status]


def tell(end: End) -> None:
    report.write("end", **asdict(end))
