"""Packages of open data for boundaries and own areas."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from fairway.cli.display import table
from fairway.cli.package_display import estimate_table, report, watch_job
from fairway.cli.session import client, console, print_api_errors, read_json
from fairway.client import Fairway

app = typer.Typer(no_args_is_help=True, help="Open data, cut by a boundary or an own area.")
Area = Annotated[str, typer.Argument(help="Name of a boundary, or a GeoJSON file in EPSG:4326")]
Names = Annotated[list[str], typer.Argument(help="Processors, as `packages processors` lists them")]
Raster = Annotated[str | None, typer.Option(help="GTiff or COG")]
Vector = Annotated[str | None, typer.Option(help="GPKG, FlatGeobuf, GeoParquet, CSV or PMTiles")]
EXIT_CODES = {"completed": 0, "failed": 1, "cancelled": 1, "incomplete": 3}
Outside = Annotated[str | None, typer.Option(help="keep or cut what lies beyond the outline")]


@app.command()
@print_api_errors
def boundaries(
    search: Annotated[str | None, typer.Option(help="Part of the long name")] = None,
    point: Annotated[str | None, typer.Option(help="latitude,longitude")] = None,
) -> None:
    """Lists boundaries, all or those that meet a search."""
    with client() as fairway:
        if point:
            latitude, longitude = _point(point)
            found = fairway.boundaries.search(latitude=latitude, longitude=longitude)
        else:
            found = fairway.boundaries.search(search) if search else fairway.boundaries.list()
    console.print(table(f"Boundaries ({len(found)})", ("name", "name_long"), found))


@app.command()
@print_api_errors
def processors() -> None:
    """Lists what can be made."""
    with client() as fairway:
        found = [version for dataset in fairway.packages.processors() for version in dataset.versions]
    console.print(table(f"Processors ({len(found)})", ("name", "description", "data_formats"), found))


@app.command()
@print_api_errors
def estimate(
    area: Area, names: Names, raster: Raster = None, vector: Vector = None, outside: Outside = None
) -> None:  # fmt: skip
    """Shows what a job would give. Nothing is made."""
    with client() as fairway:
        found = fairway.package_jobs.estimate(_area(area), names, **_options(raster, vector, outside))
    console.print(estimate_table(found))


@app.command()
@print_api_errors
def make(
    area: Area, names: Names, raster: Raster = None, vector: Vector = None, outside: Outside = None,
    title: str = "", redo: bool = False, notify: bool = True,
    detach: Annotated[bool, typer.Option(help="Return at once")] = False,
) -> None:  # fmt: skip
    """Begins a job and shows its progress. Ctrl-C cancels it. Exits with 0 when everything was made, 3 when a part was
    made, 1 when nothing was, 130 when it was cancelled by Ctrl-C."""
    options = _options(raster, vector, outside)
    with client() as fairway:
        job_id = fairway.package_jobs.submit(_area(area), names, title, redo, notify, **options)
        console.print(f"Job [bold]{job_id}[/bold]")
        if not detach:
            _watch(fairway, str(job_id), cancels=True)


@app.command()
@print_api_errors
def watch(job_id: str) -> None:
    """Shows the progress of a job. Ctrl-C stops watching. Exits as `make` does."""
    with client() as fairway:
        _watch(fairway, job_id, cancels=False)


@app.command()
@print_api_errors
def status(job_id: str) -> None:
    """Shows what came of each processor of a job."""
    with client() as fairway:
        console.print(report(fairway.package_jobs.get(job_id)))


@app.command()
@print_api_errors
def jobs(boundary: str | None = None, limit: int = 20) -> None:
    """Lists your jobs, newest first."""
    columns = ("job_id", "status", "job_group_percent_complete", "boundary_name", "title", "created_at")
    with client() as fairway:
        page = fairway.package_jobs.list(limit=limit, boundary_name=boundary)
    console.print(table(f"Jobs ({page.count})", columns, page.results))


@app.command("list")
@print_api_errors
def list_() -> None:
    """Lists the packages that are stored."""
    with client() as fairway:
        found = fairway.packages.list()
    console.print(table(f"Packages ({len(found)})", ("boundary_name", "uri"), found))


@app.command()
@print_api_errors
def cancel(job_id: str) -> None:
    """Cancels what has not ended; what has been made stays."""
    with client() as fairway:
        console.print(report(fairway.package_jobs.cancel(job_id)))


@app.command()
@print_api_errors
def download(
    name: Annotated[str, typer.Argument(help="Name of the package")],
    processor: Annotated[list[str] | None, typer.Option(help="Only this one; may be given several times")] = None,
    file: Annotated[Path | None, typer.Option(help="Default: the name of the package, as .zip")] = None,
) -> None:
    """Downloads a package as one zip file, and checks each file in it."""
    target = file or Path(f"{name}.zip")
    columns = (TextColumn(name), BarColumn(40), DownloadColumn(), TransferSpeedColumn())
    with client() as fairway, Progress(*columns, console=console) as progress:
        task = progress.add_task(name, total=None)
        count = fairway.packages.download(
            name, target, processor or (), lambda size, total: progress.update(task, advance=size, total=total)
        )
    console.print(f"{count} files in {target}, all with the right SHA-256.", markup=False)


@app.command("import-boundaries")
@print_api_errors
def import_boundaries(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="GeoJSON FeatureCollection")],
    name_column: str = "name", name_long_column: str = "name_long", admin_level: str = "0",
    wipe: Annotated[bool, typer.Option(help="Delete all boundaries first")] = False,
) -> None:  # fmt: skip
    """Stores the boundaries of a file, all or none. For administrators."""
    with client() as fairway:
        said = fairway.boundaries.import_file(file, name_column, name_long_column, admin_level, wipe)
    console.print(f"{said.loaded} boundaries stored, {said.skipped} without a name left out.")


def _watch(fairway: Fairway, job_id: str, cancels: bool) -> None:
    try:
        ended = watch_job(console, fairway.package_jobs.follow(job_id))
    except KeyboardInterrupt as stop:
        if not cancels:
            raise
        console.print(report(fairway.package_jobs.cancel(job_id)))
        raise typer.Exit(130) from stop
    console.print(report(ended))
    if ended.problem:
        console.print(ended.problem, markup=False)
    if code := EXIT_CODES[ended.status]:
        raise typer.Exit(code)


def _area(text: str) -> str | dict[str, Any]:
    path = Path(text)
    return read_json(path.read_text("utf-8-sig"), text) if path.is_file() else text


def _options(raster: str | None, vector: str | None, outside: str | None) -> dict[str, str]:
    given = {"raster": raster, "vector": vector, "outside": outside}
    return {name: value for name, value in given.items() if value is not None}


def _point(text: str) -> tuple[float, float]:
    try:
        latitude, longitude = map(float, text.split(","))
    except ValueError as error:
        raise typer.BadParameter("--point takes latitude,longitude") from error
    return latitude, longitude
