"""What runs have cost, in the terminal."""

import pytest
from small_gateway import Answer
from typer.testing import CliRunner

from fairway.cli import app, session

SUM = {
    "user_id": 7, "month": "2026-11", "run": None, "runs": 2, "cpu_seconds": 1234.56, "gpu_seconds": 2.0,
    "peak_memory": 900_000_000, "stored_bytes": 4_400_000,
}  # fmt: skip
NO_LIMITS = {"cpu_seconds": None, "gpu_seconds": None, "stored_bytes": None}


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setattr(session.console, "_width", 200)


def run(*words: str) -> list[str]:
    result = CliRunner().invoke(app, ["usage", *words])
    assert result.exit_code == 0, (result.output, result.exception)
    return [" ".join(line.replace("│", " ").split()) for line in result.output.splitlines()]


def test_sums_and_limits_are_shown(at_home):
    training = {"entries": [SUM], "limits": NO_LIMITS | {"cpu_seconds": 3600.0, "stored_bytes": 5_000_000}}
    at_home.on("GET /usage/", Answer(body={"training": training, "prediction": {"entries": [], "limits": NO_LIMITS}}))
    lines = run("--month", "2026-11", "--everyone")
    assert "2026-11 7 2 1,234.6 2.0 900.0 MB 4.4 MB" in lines
    assert "A month allows 3,600.0 cpu seconds, 5.0 MB stored bytes." in lines
    assert "A month has no limit." in lines
    assert at_home.asked[0].query == {"month": "2026-11", "everyone": "true", "per_run": "false"}


def test_each_run_has_a_line(at_home):
    report = {"entries": [SUM | {"run": 71, "runs": 1}], "limits": NO_LIMITS}
    at_home.on("GET /usage/", Answer(body={"training": report, "prediction": {"entries": [], "limits": NO_LIMITS}}))
    assert "2026-11 7 no. 71 1,234.6 2.0 900.0 MB 4.4 MB" in run("--runs")


def test_program_reads_them(fairway, gateway):
    report = {"entries": [SUM], "limits": NO_LIMITS}
    gateway.on("GET /usage/", Answer(body={"training": report, "prediction": report}))
    assert fairway.usage(user=7).training.entries[0].cpu_seconds == 1234.56
    assert gateway.asked[0].query == {"user": "7", "everyone": "false", "per_run": "false"}
