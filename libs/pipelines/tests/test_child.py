"""The parts that need no server."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines import failure_messages, report, zenml_responses
from pipelines.child import plugins
from pipelines.outcome import RunOutcome
from pipelines.port import PipelinesDown, RunStatus
from pipelines.report_reader import ReportReader


def test_services_never_import_zenml() -> None:
    code = "import sys, pipelines.zenml, pipelines.launcher, pipelines.report; sys.exit('zenml' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_bad_spec_ends_with_code_three(tmp_path: Path) -> None:
    (tmp_path / "spec.json").write_text(
        json.dumps({"name": "run-1-1", "module": "models.toy.pipeline", "pipeline": "baking"})
    )
    env = {
        **os.environ,
        "FAIR_ZENML_STORE_URL": "http://127.0.0.1:9",
        "FAIR_ZENML_STORE_API_KEY": "x",
        "FAIRWAY_REPORT": str(tmp_path / "report"),
    }
    child = subprocess.run(
        [sys.executable, "-m", "pipelines.child", str(tmp_path / "spec.json")], env=env, timeout=30, check=False
    )
    assert child.returncode == 3
    end = json.loads((tmp_path / "report").read_text())
    assert (end["type"], end["status"], end["cause"]) == ("end", "failed", "spec")
    assert "pipeline" in end["reason"]


async def test_reader_keeps_order_and_drops_what_is_torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ReportReader(tmp_path / "report")
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
    report.write("status", status="running", run_id="7")
    with (tmp_path / "report").open("a") as plugin:
        plugin.write('{"type": "epoch", "epoch": 1}\nno json\n["no object"]\n{"epoch": 2}\n')
    report.write("end", status="failed", reason="because", run_id="7", cause="run")
    with (tmp_path / "report").open("a") as plugin:
        plugin.write('{"type": "epo')
    reader.close()
    told = [await reader.reports.get() for _ in range(3)]
    assert told == [{"type": "status", "status": "running", "run_id": "7"}, {"type": "epoch", "epoch": 1}, None]
    assert (reader.run_id, reader.outcome) == ("7", RunOutcome("failed", "because", "7", "run"))


async def test_writers_never_wait_for_the_consumer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ReportReader(tmp_path / "report")
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))

    def write_many() -> None:
        for _ in range(50):
            report.write("log", message="x" * 1000)

    for _ in range(20):
        await asyncio.wait_for(asyncio.to_thread(write_many), 5)
    reader.close()
    assert reader.reports.qsize() == 1001


@pytest.mark.parametrize(
    ("kind", "message", "words"),
    [
        ("builtins.ValueError", "No labels inside the chips\nand more", "No labels inside the chips"),
        ("KeyError", "'label'", "an error inside the model's code (KeyError)"),
        ("torch.OutOfMemoryError", "CUDA", "it needed more memory than there is"),
        ("builtins.RuntimeError", "", "an error inside the model's code (RuntimeError)"),
    ],
)
def test_reasons_are_for_people(kind: str, message: str, words: str) -> None:
    assert failure_messages.of_exception(kind, message) == words


def test_states_of_zenml_are_told_in_ours() -> None:
    assert {word: zenml_responses.status(word) for word in ("queued", "cancelled", "retried")} == {
        "queued": RunStatus.PROVISIONING,
        "cancelled": RunStatus.STOPPED,
        "retried": RunStatus.RETRIED,
    }
    with pytest.raises(PipelinesDown, match="baking"):
        zenml_responses.status("baking")


def test_preload_imports_what_it_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good_plugin.py").write_text("")
    (tmp_path / "bad_plugin.py").write_text("1 / 0")
    monkeypatch.setenv("FAIRWAY_MODELS_PATH", str(tmp_path))
    monkeypatch.setenv("FAIRWAY_PRELOAD", "bad_plugin good_plugin")
    monkeypatch.setattr(sys, "path", sys.path[:])
    plugins.preload()
    assert "good_plugin" in sys.modules
    assert "bad_plugin" not in sys.modules
