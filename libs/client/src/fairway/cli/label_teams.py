"""The label store: drafts from predictions, composed datasets, quality of labellers, taxonomies, audit trail."""

import json
from typing import Annotated

import typer
from rich.table import Table

from fairway.cli.label_store import JsonFile, campaigns, datasets
from fairway.cli.session import client, console, print_api_errors, read_json

taxonomies = typer.Typer(no_args_is_help=True, help="Labels that campaigns allow, in versions.")
audit = typer.Typer(no_args_is_help=True, help="Who has changed what in the label store.")


@campaigns.command("predict")
@print_api_errors
def predict(campaign_id: int, prediction_id: int, label: str = "object") -> None:
    """Makes the result of a prediction drafts of the images that it meets."""
    with client() as fairway:
        outcome = fairway.campaigns.predict_from(campaign_id, prediction_id, label=label)
    console.print(f"{outcome['done']} of {outcome['wanted']} features are drafts.")
    for one in outcome["left_out"]:
        console.print(f"{one['count']} are left out: {one['reason']}", style="yellow")


@campaigns.command("truth")
@print_api_errors
def mark_truth(campaign_id: int, file: JsonFile) -> None:
    """Hides reference images among the work: a list of {image_id, objects}."""
    images = read_json(file.read_text("utf-8-sig"), str(file))
    with client() as fairway:
        fairway.label_quality.mark_truth(campaign_id, images)
    console.print(f"{len(images)} images are reference images.")


@campaigns.command("quality")
@print_api_errors
def quality(campaign_id: int) -> None:
    """Shows precision and recall of each labeller."""
    with client() as fairway:
        found = fairway.label_quality.of(campaign_id)
    shown = Table("labeller", "images", "precision", "recall", "of reference images")
    for one in found["labelers"]:
        figures = [_percent(one[name]) for name in ("truth_precision", "truth_recall")]
        shown.add_row(one["by"], str(one["images"]), *figures, str(one["truth_images"]))
    console.print(shown)
    console.print(f"Agreement {_percent(found['agreement'])}, {found['disputed']} images are disputed.")


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


@campaigns.command("suspicions")
@print_api_errors
def suspicions(campaign_id: int, limit: int = 100) -> None:
    """Lists labels that look wrong, since a model is sure of something else, as JSON."""
    with client() as fairway:
        console.print_json(json.dumps(fairway.label_quality.suspicions(campaign_id, limit=limit)))


@datasets.command("compose")
@print_api_errors
def compose(title: str, campaign_ids: list[int], label: Annotated[list[str] | None, typer.Option()] = None) -> None:
    """Makes a version of several finished campaigns, and waits for it."""
    with client() as fairway:
        made = fairway.label_datasets.compose(title, campaign_ids, labels=label)
        done = fairway.label_datasets.wait_made(made.dataset_id)
    console.print(f"Dataset {done.dataset_id} is version {done.version}: {done.image_count} images.")


@datasets.command("diff")
@print_api_errors
def diff(dataset_id: int, other_id: int) -> None:
    """Counts images that a version has more, fewer or changed in comparison with another one."""
    with client() as fairway:
        found = fairway.label_datasets.diff(dataset_id, other_id)
    for name, part in found.items():
        console.print(f"{name}: {part['count']}")


@datasets.command("models")
@print_api_errors
def models(dataset_id: int) -> None:
    """Lists the published models that were trained on a version."""
    with client() as fairway:
        console.print_json(json.dumps(fairway.label_datasets.models(dataset_id)))


@taxonomies.command("create")
@print_api_errors
def create_taxonomy(name: str, file: JsonFile) -> None:
    """Makes the next version: a list of {name, synonyms, parent, colour}."""
    with client() as fairway:
        made = fairway.taxonomies.create(name, read_json(file.read_text("utf-8-sig"), str(file)))
    console.print(f"Taxonomy {made['taxonomy_id']} is version {made['version']} of {made['name']}.")


@taxonomies.command("list")
@print_api_errors
def list_taxonomies(name: str | None = None) -> None:
    with client() as fairway:
        for one in fairway.taxonomies.all(name):
            console.print(f"{one['taxonomy_id']}: {one['name']}, version {one['version']}, {len(one['labels'])} labels")


@audit.command("list")
@print_api_errors
def list_audit(about: str | None = None, about_id: str | None = None, by: str | None = None) -> None:
    """Lists changes in their order, as JSON lines."""
    with client() as fairway:
        for one in fairway.label_audit.all(about=about, about_id=about_id, by=by):
            console.print_json(json.dumps(one), indent=None)
