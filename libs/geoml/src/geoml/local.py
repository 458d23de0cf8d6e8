"""Training a plug-in on a folder, with no server: a progress bar, a table of metrics and a map picture.

Needs `rich` (the extra `local`). The folder holds chips in `train/oam` and GeoJSON labels in `train/osm`.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from geoml import report
from geoml.dataset import Dataset, load_dataset
from geoml.picture import draw
from geoml.session import Session, open_session
from geoml.split import split_chips


@dataclass(frozen=True)
class Plugin:
    """What a plug-in brings: its functions of fitting, measuring and exporting, and its starting weights."""

    name: str
    complete: Callable[[Mapping[str, Any]], dict[str, Any]]
    base: Callable[[], bytes]
    fit: Callable[..., bytes]
    measure: Callable[..., dict[str, float]]
    to_onnx: Callable[[bytes], bytes]


def main(plugin: Plugin, overrides: Mapping[str, Any]) -> None:
    """Command line `--data FOLDER --holdout X --minutes M [--out FOLDER]`; writes checkpoint, ONNX and map.png."""
    args, console = _arguments(plugin.name), Console()
    dataset = load_dataset(f"{args.data}/train/oam", f"{args.data}/train/osm")
    strategy = {"split_strategy": f"column:{args.holdout}"} if args.holdout else {}
    values = plugin.complete({**overrides, **strategy, "max_minutes": args.minutes})
    split, started = split_chips(dataset.names, values), time.monotonic()
    with _bar(console) as bar:
        weights = plugin.fit(plugin.base(), dataset, split, values, lambda _: None)
        bar.update(0, completed=1)
    minutes = (time.monotonic() - started) / 60
    metrics = plugin.measure(weights, dataset, split, values)
    _write(args.out, weights, plugin.to_onnx(weights), dataset, split, values)
    console.print(_table(plugin.name, split, metrics, minutes))
    console.print(f"map: {args.out / 'map.png'}")


def _arguments(name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=f"Train {name} on a folder of chips and labels")
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--holdout", type=int, help="x of the tile column to hold back; default: some chips")
    parser.add_argument("--minutes", type=float, default=6.0)
    parser.add_argument("--out", type=Path, default=Path("build") / name)
    return parser.parse_args()


def _bar(console: Console) -> Progress:
    """Follows `report.epoch`, as a server would follow the report file."""
    columns = [TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()]
    bar = Progress(*columns, console=console)
    task = bar.add_task("training", total=1)

    def hear(record: Mapping[str, Any]) -> None:
        if record["type"] == "epoch":
            losses = f"train {record['train_loss']:.3f}  val {record['val_loss']:.3f}"
            bar.update(task, completed=record["done"], description=f"epoch {record['epoch']:3}  {losses}")

    report.listen(hear)
    return bar


def _write(
    folder: Path, weights: bytes, model: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkpoint").write_bytes(weights)
    (folder / "model.onnx").write_bytes(model)
    session: Session = open_session(model)
    draw(session, dataset.sheets(split["val_chips"])[0], dataset.polygons, values).save(folder / "map.png")


def _table(name: str, split: Mapping[str, Any], metrics: Mapping[str, float], minutes: float) -> Table:
    title = f"{name}: {split['val_count']} of {split['val_count'] + split['train_count']} chips held back"
    table = Table("measure", "value", title=title)
    for key, value in metrics.items():
        table.add_row(key.replace("_", " ").replace("iou", "IoU"), f"{value:.3f}")
    table.add_row("minutes of training", f"{minutes:.1f}")
    return table
