"""How many unfinished runs one person may have."""

from sqlalchemy import bindparam, select

from kit.messaging.tx import Tx
from kit.quotas import counting, ensure_below, too_many_unfinished
from runs.tables import Condition, RunColumns

ADVICE = "Wait until one has ended, or cancel one."


class UnfinishedRuns:
    """The rows of `table` that are `unfinished`; `kind` is what people call one of them."""

    def __init__(self, kind: str, table: type[RunColumns], unfinished: Condition) -> None:
        mine = select(table.id).where(table.user_id == bindparam("user_id"), unfinished)
        self.kind = kind
        self._others = counting(mine.where(table.id != bindparam("besides")))

    def ensure_below(self, most: int, user_id: int, row_id: int, tx: Tx) -> None:
        """Makes the commit raise RateLimited when the other unfinished runs of that person are `most` already."""
        refusal = too_many_unfinished(f"{self.kind}s", most, ADVICE)
        of = f"{self.kind} {user_id}"
        ensure_below(most, self._others, of, refusal, tx, user_id=user_id, besides=row_id)
