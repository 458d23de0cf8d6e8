"""What runs have cost."""

from typing import Annotated, Any

import typer
from rich.table import Table

from fairway.cli.session import client, console, print_api_errors
from fairway.rows import UsageEntry, UsageReport

COLUMNS = ("cpu_seconds", "gpu_seconds", "peak_memory", "stored_bytes")


@print_api_errors
def usage(
    month: Annotated[str | None, typer.Option(help="Only this month, for example 2026-11")] = None,
    user: Annotated[int | None, typer.Option(help="OSM id of another user, for administrators")] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="All users, for administrators")] = False,
    per_run: Annotated[bool, typer.Option("--runs", help="A line for each run instead of sums")] = False,
) -> None:
    """Shows processor and GPU seconds, peak memory and stored bytes of your runs, by month."""
    with client() as fairway:
        spent = fairway.usage(month, user, everyone, per_run)
    for kind, report in (("Trainings", spent.training), ("Predictions", spent.prediction)):
        console.print(_table(kind, report))


def _table(kind: str, report: UsageReport) -> Table:
    shown = Table(title=kind, title_justify="left", caption=_limits(report.limits), caption_justify="left")
    for column in ("month", "user", "runs", *(name.replace("_", " ") for name in COLUMNS)):
        shown.add_column(column, justify="left" if column == "month" else "right")
    for entry in report.entries:
        shown.add_row(*_cells(entry))
    return shown


def _cells(entry: UsageEntry) -> list[str]:
    runs = str(entry.runs) if entry.run is None else f"no. {entry.run}"
    return [entry.month, str(entry.user_id), runs, *(_quantity(name, getattr(entry, name)) for name in COLUMNS)]


def _limits(limits: dict[str, Any]) -> str:
    allowed = [f"{_quantity(name, most)} {name.replace('_', ' ')}" for name, most in limits.items() if most is not None]
    return f"A month allows {', '.join(allowed)}." if allowed else "A month has no limit."


def _quantity(name: str, value: float) -> str:
    """Seconds with a decimal, bytes in MB."""
    return f"{value:,.1f}" if name.endswith("seconds") else f"{value / 1e6:,.1f} MB"
