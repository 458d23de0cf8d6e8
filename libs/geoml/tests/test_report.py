import json
import os

import numpy as np
import pytest

from geoml import report
from geoml.zenml_metadata import to_zenml_metadata


def test_lines_are_appended(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
    report.epoch(1, 3, train_loss=0.5, val_loss=0.6)
    report.progress(1, 2, "predict")
    report.metrics({"building_iou": 0.7})
    lines = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    assert [line["type"] for line in lines] == ["epoch", "progress", "metrics"]
    assert lines[0] | {"time": 0} == {
        "type": "epoch", "epoch": 1, "epochs": 3, "train_loss": 0.5, "val_loss": 0.6, "time": 0,
    }  # fmt: skip


def test_nothing_is_written_without_a_listener(tmp_path, monkeypatch):
    monkeypatch.delenv("FAIRWAY_REPORT", raising=False)
    report.epoch(1, 3)
    assert not report.cancelled()


def test_a_fifo_nobody_reads_does_not_hold_up_the_run(tmp_path, monkeypatch):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    monkeypatch.setenv("FAIRWAY_REPORT", str(fifo))
    report.epoch(1, 3)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    report.epoch(2, 3)
    assert json.loads(os.read(reader, 4096))["epoch"] == 2
    os.close(reader)


def test_a_run_is_cancelled_by_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
    report.raise_if_cancelled()
    (tmp_path / "report.cancel").touch()
    with pytest.raises(report.Cancelled):
        report.raise_if_cancelled()


def test_numbers_of_other_libraries_and_none_are_strict_json(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
    report.epoch(1, 3, train_loss=np.float32(0.5), val_loss=float("nan"), lr=np.float64("inf"), seen=np.int64(7))
    report.metrics({"building_iou": np.float32(0.25), 3: float("nan")})
    lines = (tmp_path / "report").read_text().splitlines()
    epoch, metrics = (json.loads(line, parse_constant=pytest.fail) for line in lines)
    assert {key: epoch[key] for key in ("train_loss", "val_loss", "lr", "seen")} == {
        "train_loss": 0.5, "val_loss": None, "lr": None, "seen": 7,
    }  # fmt: skip
    assert metrics["metrics"] == {"building_iou": 0.25, "3": None}


def test_what_is_recorded_on_the_server_holds_no_nan():
    found = to_zenml_metadata(
        {"iou": np.float32(0.5), "f1": float("nan"), "loss_history": {"val_loss": [float("inf"), 1]}}
    )
    assert found == {"fair/iou": 0.5, "fair/f1": "not defined", "fair/loss_history": {"val_loss": [None, 1]}}
