"""The label store: image sets, campaigns, work and datasets."""

import json
from pathlib import Path
from typing import Annotated

import typer

from fairway.cli.display import table
from fairway.cli.session import client, console, print_api_errors, read_json

image_sets = typer.Typer(no_args_is_help=True, help="Where pictures arrive.")
campaigns = typer.Typer(no_args_is_help=True, help="Pictures that are offered to a labelling party.")
datasets = typer.Typer(no_args_is_help=True, help="Dataset versions that were made of campaigns.")
Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Pictures")]
JsonFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON as the API takes it")]


@image_sets.command("list")
@print_api_errors
def list_image_sets(title: str | None = None) -> None:
    with client() as fairway:
        found = list(fairway.image_sets.all(title=title))
    console.print(table(f"Image sets ({len(found)})", ("imageset_id", "title", "status", "ingest"), found))


@image_sets.command("upload")
@print_api_errors
def upload_images(title: str, files: Files) -> None:
    """Creates an image set, uploads pictures, and waits until they are images."""
    with client() as fairway:
        made = fairway.image_sets.create(title)
        count = fairway.image_sets.upload(made.upload or {}, files)
        fairway.image_sets.finish(made.imageset_id)
        done = fairway.image_sets.wait(made.imageset_id)
    console.print(f"Image set {done.imageset_id} has {done.ingest['files_registered']} images of {count} files.")
    if unreadable := done.ingest["files_unreadable"]:
        console.print(f"{unreadable} files are no pictures that can be read.", style="yellow")


@campaigns.command("list")
@print_api_errors
def list_campaigns(title: str | None = None) -> None:
    with client() as fairway:
        found = list(fairway.campaigns.all(title=title))
    console.print(table(f"Campaigns ({len(found)})", ("campaign_id", "title", "status", "progress"), found))


@campaigns.command("create")
@print_api_errors
def create_campaign(title: str, labeler_email: str, image_set: int, leases: bool = False, review: bool = False) -> None:
    """Creates a campaign with the images of an image set, and activates it. Prints the labeller's key once."""
    with client() as fairway:
        images = [image.image_id for image in fairway.image_sets.images(image_set)]
        made = fairway.campaigns.create(title, labeler_email, uses_leases=leases, review=review)
        fairway.campaigns.add_images(made.campaign_id, images)
        fairway.campaigns.set_status(made.campaign_id, "active")
    console.print(f"Campaign {made.campaign_id} offers {len(images)} images.")
    console.print_json(json.dumps(made.access_token))


@campaigns.command("next")
@print_api_errors
def next_images(campaign_id: int, count: int = 1, minutes: int = 60) -> None:
    """Leases images to work at and prints them as JSON, with drafts."""
    with client() as fairway:
        tasks = fairway.campaigns.lease(campaign_id, count, minutes)
    console.print_json(json.dumps([task.model_dump(mode="json") for task in tasks]))


@campaigns.command("submit")
@print_api_errors
def submit(campaign_id: int, file: JsonFile) -> None:
    """Submits the objects of images: a list of {image_id, objects}."""
    images = read_json(file.read_text("utf-8-sig"), str(file))
    with client() as fairway:
        fairway.campaigns.submit(campaign_id, images)
        left = sum(1 for _ in fairway.campaigns.images(campaign_id, labeled=False))
    console.print(f"{len(images)} images are submitted, {left} are left.")


@campaigns.command("review")
@print_api_errors
def review(campaign_id: int, file: JsonFile) -> None:
    """Accepts images or sends them back: a list of {image_id, accepted, comment}."""
    with client() as fairway:
        done = fairway.campaigns.review(campaign_id, read_json(file.read_text("utf-8-sig"), str(file)))
    console.print(f"{done['accepted']} images are accepted, {done['rejected']} sent back.")


@campaigns.command("finish")
@print_api_errors
def finish(campaign_id: int) -> None:
    """Finishes a completed campaign, and waits for its dataset version."""
    with client() as fairway:
        fairway.campaigns.set_status(campaign_id, "finished")
        export = fairway.campaigns.wait(campaign_id).export
    console.print(f"Dataset {export['dataset_id']} is version {export['version']}.")


@datasets.command("list")
@print_api_errors
def list_datasets(campaign: int | None = None) -> None:
    with client() as fairway:
        found = list(fairway.label_datasets.all(campaign_id=campaign))
    columns = ("dataset_id", "title", "version", "state", "image_count", "object_count")
    console.print(table(f"Datasets ({len(found)})", columns, found))


@datasets.command("export")
@print_api_errors
def export_dataset(dataset_id: int, format: str = "coco", file: Path = Path("dataset.zip")) -> None:
    """Writes a dataset version as a ZIP for a trainer: coco, yolo, voc, geojson or csv."""
    with client() as fairway:
        done = fairway.label_datasets.wait(fairway.label_datasets.export(dataset_id, format))
        fairway.download(fairway.label_datasets.export_url(done.export_id), str(file))
    console.print(f"{file} has {done.size} bytes, SHA-256 {done.sha256}.", markup=False)
