"""How many unfinished predictions one person may have, and what they may cost."""

from dataclasses import dataclass, field

from contracts.usage import UsageLimits
from kit.messaging.tx import Tx
from prediction.runs.tables import OPEN, PredictionRow, UsageRow
from runs.quota import UnfinishedRuns
from runs.usage_quota import MonthlyUsage

UNFINISHED = UnfinishedRuns("prediction", PredictionRow, OPEN)
USAGE = MonthlyUsage("prediction", UsageRow)


@dataclass
class RunQuota:
    most: int
    usage: UsageLimits = field(default_factory=UsageLimits)

    def ensure_room(self, user_id: int, prediction_id: int, tx: Tx) -> None:
        """Makes the commit raise RateLimited where that person may not start another one."""
        UNFINISHED.ensure_below(self.most, user_id, prediction_id, tx)
        USAGE.ensure_below(self.usage, user_id, tx)
