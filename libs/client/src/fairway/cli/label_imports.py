"""Imports of annotations into a campaign."""

from pathlib import Path
from typing import Annotated, Any

import typer

from fairway.cli.display import table
from fairway.cli.outcome import sentences
from fairway.cli.session import client, console, print_api_errors
from fairway.label_rows import LabelImport

imports = typer.Typer(no_args_is_help=True, help="Annotations of other tools become objects of a campaign, or drafts.")
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A file or ZIP of annotations")]
Renamed = Annotated[
    list[str] | None, typer.Option("--label", help="theirs=ours, or theirs= to leave its objects out; may be repeated")
]
Drafts = Annotated[bool, typer.Option(help="Store drafts instead of objects")]
Hashes = Annotated[bool, typer.Option(help="Find images by the SHA-256 of pictures in the ZIP, not by name")]


@imports.command("run")
@print_api_errors
def run(
    campaign_id: int, file: File, format: str = "coco", dry_run: bool = False, drafts: Drafts = False,
    by_hash: Hashes = False, label: Renamed = None,
) -> None:  # fmt: skip
    """Uploads a file of coco, yolo, voc or geojson, waits until it is imported, and tells what was left out."""
    options: dict[str, Any] = {
        "dry_run": dry_run, "mode": "predictions" if drafts else "objects",
        "match_by": "sha256" if by_hash else "file_name", "labels": dict(map(_renamed, label or ())),
    }  # fmt: skip
    with client() as fairway:
        made = fairway.label_imports.upload(campaign_id, file, format, **options)
        console.print(f"Import [bold]{made.import_id}[/bold]")
        _report(fairway.label_imports.wait(made.import_id))


@imports.command("list")
@print_api_errors
def list_imports(campaign_id: int) -> None:
    with client() as fairway:
        found = list(fairway.label_imports.all(campaign_id))
    columns = ("import_id", "state", "images_done", "images_total", "created_at")
    console.print(table(f"Imports ({len(found)})", columns, found))


@imports.command("show")
@print_api_errors
def show(import_id: int) -> None:
    """Tells how far an import is, and what became of everything in its file."""
    with client() as fairway:
        _report(fairway.label_imports.get(import_id))


@imports.command("cancel")
@print_api_errors
def cancel(import_id: int) -> None:
    """Stops an import; what it has stored stays."""
    with client() as fairway:
        _report(fairway.label_imports.cancel(import_id))


def _report(one: LabelImport) -> None:
    console.print(f"Import {one.import_id} is {one.state}: {one.images_done} of {one.images_total or 0} images.")
    report = one.report or {}
    for what in ("images", "objects"):
        for sentence in sentences(report.get(what), what):
            console.print(sentence, markup=False)
    if unknown := report.get("unknown_labels"):
        console.print(f"Labels that the campaign has not had: {', '.join(unknown)}", markup=False)
    if one.error:
        console.print(one.error, markup=False)


def _renamed(text: str) -> tuple[str, str | None]:
    theirs, sign, ours = text.partition("=")
    if not theirs or not sign:
        raise typer.BadParameter("--label takes theirs=ours")
    return theirs, ours or None
