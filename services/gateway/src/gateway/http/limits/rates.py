"""Rates in the syntax of fAIr."""

import re
from dataclasses import dataclass

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SYNTAX = re.compile(r"\s*(\d+)\s*/\s*([smhd])[a-z]*\s*")


@dataclass(frozen=True)
class Rate:
    """`limit` requests in each fixed window of `period` seconds."""

    limit: int
    period: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Parses `10/h`, `10/hour`. Raises ValueError for any other text."""
        found = _SYNTAX.fullmatch(text)
        if not found or not int(found[1]):
            raise ValueError(f"must look like 100/h (s, m, h or d), not {text!r}")
        return cls(int(found[1]), SECONDS[found[2]])

    def window(self, now: float) -> int:
        """Returns the number of the window that contains `now` (Unix time); the same in every replica."""
        return int(now // self.period)
