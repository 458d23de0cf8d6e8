"""`make demo`: the whole workflow of a mapper on a running Fairway, with progress bars, a table and a map."""

import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from pmtiles.reader import MmapSource, all_tiles
from rich.console import Console

from fairway import Fairway
from stack import images as from_images
from stack.console import start_build
from stack.demo.demo_area import read_demo_area
from stack.demo.job import Job
from stack.demo.report import Report
from stack.demo.stages import Stages
from stack.home import Home
from stack.platform import run
from stack.platform.settings import console_url, public_url

console = Console()
app = typer.Typer(add_completion=False)


@app.command()
def demo(
    data: Annotated[Path | None, typer.Option(help="Folder of real imagery and labels", exists=True)] = None,
    model: Annotated[str, typer.Option(help="Folder of the plug-in below models/")] = "rooftop_light",
    minutes: Annotated[float | None, typer.Option(help="Limit of the training")] = None,
    images: Annotated[bool, typer.Option("--images", help="On containers instead of processes")] = False,
) -> None:
    """Runs the workflow once and prints where the results are."""
    home, stages = from_images.home_of_images() if images else Home.default(), Stages(console)
    area = read_demo_area(data and data.resolve())
    folder = home.folder("demo")
    with stages.stage("servers and services"):
        _start(home, data and data.resolve(), images)
    overrides: dict[str, Any] = {} if minutes is None else {"max_minutes": minutes}
    with Fairway(public_url(home), home.secret("dev-token")) as fairway:
        job = Job(fairway, home, area, stages, console, model, overrides)
        report = _work(job, folder)
    report.write(folder / "report.json")
    console.print(report.table())
    console.print(f"The map: {folder / 'map.png'}   the report: {folder / 'report.json'}")
    console.print(f"The web console: {console_url(home)}")


def _start(home: Home, data: Path | None, images: bool) -> None:
    def say(name: str, seconds: float) -> None:
        console.print(f"  [green]✓[/] {name:<22} {seconds:5.1f} s")

    if images:
        return from_images.up(home, data, say)
    start_build(home)
    run.up(data, say, home)


def _work(job: Job, folder: Path) -> Report:
    report, stage = Report(job.area.name, job.model), job.stages.stage
    with stage("base model registered"):
        job.introduce()
        base = job.register()
    with stage("dataset built"):
        dataset = job.build()
    with stage("model trained"):
        training = job.train(base, dataset)
    with stage("model published"):
        item_id = job.fairway.trainings.publish(training.id, title=f"Buildings of {job.area.name}")
        job.publish(dataset, item_id)
    with stage("area predicted"):
        prediction = job.predict(item_id)
    with stage("results downloaded"):
        files = job.download(prediction, folder)
    report.ids = {
        "base model": base.id, "dataset": dataset.id, "training": training.id, "prediction": prediction.id,
        "dataset item": dataset.stac_id, "model item": item_id,
    }  # fmt: skip
    _figures(report, job, item_id)
    with stage("map drawn"):
        _draw_map(report, job, dataset.assets or {}, files, folder)
    report.seconds = {**job.stages.seconds, "in all": job.stages.total}
    return report


def _figures(report: Report, job: Job, item_id: str) -> None:
    from pystac_client import ItemSearch

    stac = job.home.recall()["env"]["FAIR_STAC_API_URL"]
    (item,) = ItemSearch(f"{stac}/search", collections=["local-models"], ids=[item_id]).items_as_dicts()
    promised = item["properties"]["fair:metrics_spec"]
    report.metrics = {one["name"]: item["properties"]["fair:metrics"][one["key"]] for one in promised}
    report.notifications, report.mails = job.fairway.notifications.list().count, job.mails()
    report.addresses = {
        "API": public_url(job.home), "STAC item": f"{stac}/collections/local-models/items/{item_id}",
        "imagery": job.tiles,
    }  # fmt: skip


def _draw_map(report: Report, job: Job, assets: dict[str, str], files: dict[str, Path], folder: Path) -> None:
    from stack.demo.map_image import draw_map

    labels = httpx.get(assets["labels"], timeout=30).raise_for_status().json()
    predictions = json.loads(files["geojson"].read_text())
    report.labels, report.features = len(labels["features"]), len(predictions["features"])
    report.chips, report.tiles = len(job.area.train), len(job.area.predict)
    if "pmtiles" in files:
        with files["pmtiles"].open("rb") as file:
            report.pmtiles_tiles = sum(1 for _ in all_tiles(MmapSource(file)))
    draw_map(job.area, job.tiles, labels, predictions, folder / "map.png")


app()
