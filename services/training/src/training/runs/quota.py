"""How many unfinished trainings one person may have."""

from dataclasses import dataclass, field

from sqlalchemy import text

from runs.quota import UnfinishedRuns
from training.runs.tables import ACTIVE, TrainingRow

UNFINISHED = UnfinishedRuns("training", TrainingRow, text(ACTIVE))


@dataclass(frozen=True)
class Limits:
    """What this server allows at most: bare hyper-parameter key → value, and unfinished trainings of one person."""

    caps: dict[str, int] = field(default_factory=dict)
    unfinished: int = 20
