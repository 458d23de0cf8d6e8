"""How a job of packages stands, in the terminal."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fairway.cli.display import joined, table
from fairway.package_rows import PackageJob

HIDDEN = frozenset({"statistics"})


def note_of(job: PackageJob) -> str:
    """Returns where the job waits, or what is done now and how long it will take."""
    if job.position:
        return f"{job.position} works before it"
    running = [one for one in job.job_group_processors if one.job_progress]
    stages = [f"{one.processor_name}: {one.job_progress.current_task}" for one in running if one.job_progress]
    rest = "" if job.remaining_seconds is None else f"about {duration(job.remaining_seconds)} left"
    return ", ".join(filter(None, [*stages[:1], f"{len(stages) - 1} more" if len(stages) > 1 else "", rest]))


def duration(seconds: float) -> str:
    """Returns `40 s`, `12 min` or `3 h 20 min`."""
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def watch_job(console: Console, states: Iterable[PackageJob]) -> PackageJob:
    """Shows a bar until the states end, and returns the last one. Raises ValueError without any."""
    columns = (TextColumn("{task.description}"), BarColumn(40), TextColumn("{task.percentage:>3.0f} %"),
               TimeElapsedColumn(), TextColumn("{task.fields[note]}"))  # fmt: skip
    job = None
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("package", total=100, note="")
        for job in states:
            name = job.title or job.boundary_name
            progress.update(bar, description=name, completed=job.job_group_percent_complete, note=note_of(job))
    if job is None:
        raise ValueError("a job has at least one state")
    return job


def report(job: PackageJob) -> Table:
    """Returns a table of what came of each processor."""
    title = f"{job.title or job.boundary_name}: {job.status}, {job.job_group_percent_complete} %  {job.package_uri}"
    return table(title, ("processor_name", "job_status", "reason"), job.job_group_processors)


def estimate_table(found: dict[str, Any]) -> Table:
    """Returns one line for each processor; columns that would be empty are left out."""
    rows: dict[str, Any] = found.get("processors", found)
    names = dict.fromkeys(key for row in rows.values() for key in row if key not in HIDDEN)
    columns = {name: [_cell(name, row.get(name)) for row in rows.values()] for name in names}
    columns = {"processor": list(rows), **{name: cells for name, cells in columns.items() if any(cells)}}
    shown = Table(*(name.replace("_", " ") for name in columns), title="Estimate", title_justify="left")
    for column in shown.columns:
        column.overflow = "fold"
    for line in zip(*columns.values(), strict=True):
        shown.add_row(*map(escape, line))
    return shown


def _cell(key: str, value: Any) -> str:
    if not value and not isinstance(value, int | float):
        return ""
    if isinstance(value, dict):
        return str(value.get("detail", value))
    if isinstance(value, list):
        return joined(value)
    if key == "bytes":
        return f"{value / 1e6:,.1f} MB"
    if key == "seconds":
        return duration(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
