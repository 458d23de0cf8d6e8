"""Whether containers run here, and the images that the tests run; `python -m tests.containers.engine` builds them."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.chart.rendering import ROOMS, WORKERS

ROOT = Path(__file__).parents[2]
BACKING = ("nats", "postgres", "s3", "stac", "zenml")
IMAGES = (*BACKING, *ROOMS, *(f"{room}-worker" for room in WORKERS))
REQUIRED = os.environ.get("FAIRWAY_REQUIRE_CONTAINERS") == "1"
VERSION = "0.1.0"


def problem() -> str:
    """Returns a sentence when no engine answers, else an empty string. Docker's clients find it from then on."""
    if host := subprocess.check_output([ROOT / "scripts/engine", "host"], text=True).strip():
        os.environ["DOCKER_HOST"] = host
    try:
        answers = subprocess.run(["docker", "version"], capture_output=True, timeout=30, check=False).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        answers = False
    return "" if answers else "No container engine answers here: `scripts/engine up` starts one."


def build() -> None:
    """Builds what is missing or has changed; AssertionError with the end of what the build said."""
    done = subprocess.run([ROOT / "scripts/images", *IMAGES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def until(check: Callable[[], bool], limit: float, what: str) -> float:
    """Returns the seconds after which `check` was true; an OSError counts as "not yet"."""
    started = time.monotonic()
    while not _holds(check):
        assert time.monotonic() < started + limit, f"{what}: not within {limit:.0f} s"
        time.sleep(0.05)
    return time.monotonic() - started


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except OSError:
        return False


if __name__ == "__main__":
    build()
