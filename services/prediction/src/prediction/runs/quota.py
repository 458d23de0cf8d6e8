"""How many unfinished predictions one person may have."""

from dataclasses import dataclass

from kit.messaging.tx import Tx
from prediction.runs.tables import OPEN, PredictionRow
from runs.quota import UnfinishedRuns

UNFINISHED = UnfinishedRuns("prediction", PredictionRow, OPEN)


@dataclass
class RunQuota:
    most: int

    def ensure_room(self, user_id: int, prediction_id: int, tx: Tx) -> None:
        UNFINISHED.ensure_below(self.most, user_id, prediction_id, tx)
