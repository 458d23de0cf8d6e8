"""Files of runs and copies of imagery that nobody will ask for again."""

import shutil
import time
from pathlib import Path

MAX_AGE = 86_400.0
"""Seconds; longer than any prediction may take."""


def clean_work_dir(work_dir: Path) -> None:
    """Two workers of one machine may do this at once."""
    for pattern in ("run-p*", "results-*", "cache/*/*"):
        for path in work_dir.glob(pattern):
            if _age(path) > MAX_AGE:
                _remove(path)


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
