"""A program measured alone: its processor time and the most memory it had."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from stack.platform.settings import GIVES_BACK

SCRIPTS = Path(__file__).parent / "scripts"
LIMIT = 280
OTHERS = ("GDAL_", "CPL_", "OPENBLAS_", "PYTHON")
"""Settings that this machine has by chance."""


@dataclass(frozen=True)
class Cost:
    """`cpu`: seconds; of a Python script without its imports. `memory`: MB, resident, at the most."""

    cpu: float
    memory: float
    said: dict[str, Any] = field(default_factory=dict)


def middle(costs: list["Cost"]) -> "Cost":
    """The median time, and the most memory that any of them had."""
    return Cost(median(one.cpu for one in costs), max(one.memory for one in costs), costs[0].said)


def program(*argv: object, env: dict[str, str] | None = None) -> Cost:
    """Any program; the whole process counts."""
    used, _ = _run([str(word) for word in argv], env or {})
    return Cost(used["cpu"], used["memory"])


def script(name: str, *argv: object, python: str | Path = sys.executable) -> Cost:
    """A script of this folder, which prints JSON with `cpu` as its last line. It takes memory as the catalog does."""
    used, output = _run([str(python), str(SCRIPTS / f"{name}.py"), *map(str, argv)], GIVES_BACK)
    said = json.loads(output.splitlines()[-1])
    return Cost(said["cpu"], used["memory"], said)


def _run(argv: list[str], env: dict[str, str]) -> tuple[dict[str, float], str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OTHERS)} | env
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        launcher = [sys.executable, "-I", "-S", str(SCRIPTS / "measured.py"), str(report), *argv]
        done = subprocess.run(launcher, stdout=subprocess.PIPE, text=True, env=clean, timeout=LIMIT, check=True)
        return json.loads(report.read_text()), done.stdout
