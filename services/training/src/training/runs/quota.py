"""How many unfinished trainings one person may have, and what they may cost."""

from dataclasses import dataclass, field

from sqlalchemy import text

from contracts.usage import UsageLimits
from kit.messaging.tx import Tx
from runs.quota import UnfinishedRuns
from runs.usage_quota import MonthlyUsage
from training.runs.tables import ACTIVE, TrainingRow, UsageRow

UNFINISHED = UnfinishedRuns("training", TrainingRow, text(ACTIVE))
USAGE = MonthlyUsage("training", UsageRow)


@dataclass(frozen=True)
class Limits:
    """What this server allows at most: bare hyper-parameter key → value, unfinished trainings of one person, and what
    these may use in a month."""

    caps: dict[str, int] = field(default_factory=dict)
    unfinished: int = 20
    usage: UsageLimits = field(default_factory=UsageLimits)

    def ensure_room(self, user_id: int, training_id: int, tx: Tx) -> None:
        """Makes the commit raise RateLimited where that person may not start another one."""
        UNFINISHED.ensure_below(self.unfinished, user_id, training_id, tx)
        USAGE.ensure_below(self.usage, user_id, tx)
