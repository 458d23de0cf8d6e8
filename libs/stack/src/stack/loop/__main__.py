"""`make loop`: few labels, a model, its predictions as drafts, 30 chips corrected, a better model; with figures."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from fairway import Fairway
from stack.demo.demo_area import read_demo_area
from stack.demo.job import Job
from stack.demo.stages import Stages
from stack.home import Home
from stack.loop.chips import chips_of
from stack.loop.loop import Loop
from stack.loop.picture import draw
from stack.loop.report import LoopReport
from stack.platform import run
from stack.platform.settings import public_url

console = Console()
app = typer.Typer(add_completion=False)


@app.command()
def loop(
    data: Annotated[Path | None, typer.Option(help="Folder of real imagery and labels", exists=True)] = None,
    model: Annotated[str, typer.Option(help="Folder of the plug-in below models/")] = "rooftop_light",
    minutes: Annotated[float | None, typer.Option(help="Limit of each training")] = None,
    few: Annotated[int, typer.Option(help="Chips that are labelled before the first training")] = 2,
    corrected: Annotated[int, typer.Option(help="Chips that are corrected before the second one")] = 30,
) -> None:
    """Runs the loop once and prints where the results are."""
    home, stages = Home.default(), Stages(console)
    place = data and data.resolve()
    folder = home.folder("loop")
    with stages.stage("servers and services"):
        run.up(place, lambda *one: console.print("  [green]✓[/] {:<22} {:5.1f} s".format(*one)), home)
    overrides: dict[str, Any] = {} if minutes is None else {"max_minutes": minutes}
    with Fairway(public_url(home), home.secret("dev-token")) as fairway:
        area = read_demo_area(place)
        job = Job(fairway, home, area, stages, console, model, overrides)
        chips = chips_of(area, place, few, corrected)
        made = Loop(job, chips, folder)
        report = run_loop(made)
        report.seconds = {**stages.seconds, "in all": stages.total}
        report.write(folder / "loop.json")
        draw(made, *report.f1(), folder / "loop.png")
    console.print(report.table())
    console.print(f"The picture: {folder / 'loop.png'}   the report: {folder / 'loop.json'}")


def run_loop(loop: Loop) -> LoopReport:
    """Runs all stages, and returns the figures of both models on the same chips."""
    stage, report = loop.job.stages.stage, LoopReport(loop.job.area.name, loop.job.model)
    with stage("base model registered"):
        base = loop.job.register()
    with stage("chips uploaded"):
        loop.upload()
    with stage("few chips labelled"):
        first = loop.label_few()
    with stage("first model trained"):
        report.trained.append(loop.train(base, first))
    with stage("chips predicted"):
        prediction = loop.predict(report.trained[0])
    with stage("predictions are drafts"):
        report.drafts = loop.pre_annotate(prediction)
    with stage("chips corrected"):
        report.corrections = loop.correct()
    with stage("second dataset version"):
        second = loop.compose()
    with stage("second model trained"):
        report.trained.append(loop.train(base, second))
    report.datasets = [first.dataset_id, second.dataset_id]
    return report


if __name__ == "__main__":
    app()
