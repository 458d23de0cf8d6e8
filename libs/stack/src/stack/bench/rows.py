"""The figures: measured value, method, and target."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """`bar` reads `>= 800` or `<= 6`; None is a figure to compare with. `ratio` is to the floor measured beside it."""

    name: str
    value: float
    unit: str
    bar: str | None
    method: str
    ratio: float | None = None

    @property
    def ok(self) -> bool:
        if self.bar is None:
            return True
        sign, limit = self.bar.split()
        return self.value >= float(limit) if sign == ">=" else self.value <= float(limit)


def middle(values: list[float]) -> float:
    return round(median(values), 3)


def write(rows: list[Row], path: Path) -> None:
    path.write_text(json.dumps({"rows": [{**asdict(row), "ok": row.ok} for row in rows]}, indent=2) + "\n")


def table(rows: list[Row]) -> Table:
    shown = Table("figure", "value", "unit", "bar", "", "to the floor", "how", title="Fairway, medians of 5 in one run")
    for row in rows:
        mark = "" if row.bar is None else "[green]✓[/]" if row.ok else "[red]✗[/]"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        shown.add_row(row.name, f"{row.value:,.2f}", row.unit, row.bar or "", mark, ratio, row.method)
    return shown
