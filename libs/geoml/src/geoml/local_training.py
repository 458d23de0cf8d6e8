"""Trains a plug-in on a folder, without a server: `python -m geoml.local_training models.unet --data FOLDER`.

The folder holds chips in `train/oam` and GeoJSON labels in `train/osm`. Shows a progress bar and a table of metrics;
writes checkpoint, ONNX file,
parameters of the post-processing, a map and a reliability plot. Needs `rich` (the extra `local`).
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from geoml import report
from geoml.dataset import Dataset, load_dataset
from geoml.fetch import local_file
from geoml.plugin import Plugin
from geoml.plugin_training import evaluate_weights, numbers, train
from geoml.preview import render_preview
from geoml.reliability_plot import render_reliability
from geoml.session import Session, open_session
from geoml.split import split_chips


def main() -> None:
    args, console = _arguments(), Console()
    plugin = Plugin(args.package)
    out = args.out or Path("build") / plugin.name
    dataset = load_dataset(f"{args.data}/train/oam", str(args.labels or f"{args.data}/train/osm"))
    values = plugin.complete(_hyperparameters(args))
    split, started = split_chips(dataset.names, values, dataset.splits), time.monotonic()
    with _bar(console) as bar:
        weights = train(plugin, _weights(plugin, args.weights), dataset, split, values, lambda _: None)
        bar.update(TaskID(0), completed=1)
    minutes, processor = (time.monotonic() - started) / 60, time.process_time()
    metrics = evaluate_weights(plugin, weights, dataset, split, values)
    tuned = values | metrics["post_processing"]
    _write(out, plugin, weights, dataset, split, tuned)
    render_reliability(metrics["reliability"]).save(out / "reliability.png")
    (out / "post_processing.json").write_text(json.dumps(metrics["post_processing"], indent=1))
    costs = {"minutes of training": minutes, "processor seconds": processor}
    console.print(_table(plugin.name, split, numbers(metrics) | costs))
    console.print(f"post-processing: {metrics['post_processing']}")
    console.print(f"map: {out / 'map.png'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train a plug-in on a folder of chips and labels")
    parser.add_argument("package", help="the plug-in, as in models.unet")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--labels", type=Path, help="GeoJSON or COCO; default: the folder train/osm of DATA")
    parser.add_argument("--holdout", type=int, help="x of the tile column to hold back; default: some chips")
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--epochs", type=int, help="default: that of the plug-in")
    parser.add_argument(
        "--weights", help="checkpoint to start from, a path or an address; default: those of the plug-in"
    )
    parser.add_argument("--out", type=Path, help="default: build/<name of the plug-in>")
    return parser.parse_args()


def _weights(plugin: Plugin, checkpoint: str | None) -> bytes:
    return local_file(checkpoint).read_bytes() if checkpoint else plugin.training.base_weights()


def _hyperparameters(args: argparse.Namespace) -> dict[str, Any]:
    strategy = {"split_strategy": f"column:{args.holdout}"} if args.holdout else {}
    epochs = {"epochs": args.epochs} if args.epochs else {}
    return {**strategy, **epochs, "max_minutes": args.minutes}


@contextmanager
def _bar(console: Console) -> Iterator[Progress]:
    """A bar that follows the reports of the training."""
    columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()]
    bar = Progress(*columns, console=console)
    task = bar.add_task("training", total=1)

    def on_report(record: Mapping[str, Any]) -> None:
        if record["type"] == "epoch":
            losses = f"train {record['train_loss']:.3f}  val {record['val_loss']:.3f}"
            bar.update(task, completed=record["done"], description=f"epoch {record['epoch']:3}  {losses}")

    with bar, report.listening(on_report):
        yield bar


def _write(
    folder: Path, plugin: Plugin, weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    model = plugin.training.to_onnx(weights)
    (folder / "checkpoint").write_bytes(weights)
    (folder / "model.onnx").write_bytes(model)
    session: Session = open_session(model)
    layout = dataset.layouts(split["val_chips"])[0]
    found = [building.outline for building in plugin.task.found(session, layout, values)]
    render_preview(session, layout, dataset.polygons, found).save(folder / "map.png")


def _table(name: str, split: Mapping[str, Any], metrics: Mapping[str, float]) -> Table:
    title = f"{name}: {split['val_count']} of {split['val_count'] + split['train_count']} chips held back"
    table = Table("measure", "value", title=title)
    for key, value in metrics.items():
        table.add_row(key.replace("_", " ").replace("iou", "IoU"), f"{value:.3f}")
    return table


if __name__ == "__main__":
    main()
