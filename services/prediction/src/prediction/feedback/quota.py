"""How much feedback one person may give: on one prediction or model, and in a day."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import BigInteger, bindparam, func, or_, select

from kit.errors import RateLimited
from kit.messaging.tx import Tx
from kit.quotas import counting, ensure_below
from prediction.feedback.tables import FeedbackRow as Row

DAY = timedelta(days=1)
RETRY = 3600
_mine = select(Row.id).where(Row.user_id == bindparam("user_id"))
_prediction = bindparam("prediction", type_=BigInteger)
_TODAY = counting(_mine.where(Row.created_at > func.now() - DAY))
_ON_PARENT = counting(_mine.where(
    or_(Row.prediction_id == _prediction, _prediction.is_(None) & Row.prediction_id.is_(None)
        & (Row.stac_id == bindparam("stac_id")))
))  # fmt: skip


@dataclass
class FeedbackQuota:
    most: int
    most_a_day: int

    def ensure_room(self, prediction: int | None, stac_id: str, tx: Tx) -> None:
        """RateLimited at the commit where the caller has said enough already."""
        whose = f"feedback {tx.actor.id}"
        ensure_below(self.most_a_day, _TODAY, whose, self._a_day(), tx, user_id=tx.actor.id)
        ensure_below(
            self.most, _ON_PARENT, whose, self._on_parent(), tx, user_id=tx.actor.id, prediction=prediction,
            stac_id=stac_id,
        )  # fmt: skip

    def _a_day(self) -> RateLimited:
        words = f"One person may give feedback {self.most_a_day} times within 24 hours. Go on later."
        return RateLimited("feedback_day_limit", words, limit=self.most_a_day, retry_after=RETRY)

    def _on_parent(self) -> RateLimited:
        words = (
            f"One person may give feedback {self.most} times on one prediction or model. Remove some of yours first."
        )
        return RateLimited("feedback_limit", words, limit=self.most, retry_after=RETRY)
