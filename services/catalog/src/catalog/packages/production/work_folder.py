"""The folder of one worker for files in work. What a killed worker has left goes when the next one begins."""

import fcntl
import shutil
import tempfile
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from uuid import uuid4

WORK = "work"


class WorkFolder:
    """Below `root`, made at the first use. A lock on a file beside it says that its worker lives."""

    def __init__(self, root: Path) -> None:
        self.root = root / WORK

    def new(self) -> Path:
        """Returns an empty folder of its own, which the caller removes."""
        return Path(tempfile.mkdtemp(dir=self._own))

    @cached_property
    def _own(self) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        own = self.root / uuid4().hex
        self._lock = own.with_suffix(".lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        own.mkdir()
        self._remove_abandoned()
        return own

    def _remove_abandoned(self) -> None:
        for path in self.root.glob("*.lock"):
            with suppress(OSError), path.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path.with_suffix(""), ignore_errors=True)
                path.unlink()

    def close(self) -> None:
        """Removes the folder."""
        if "_own" in vars(self):
            shutil.rmtree(self._own, ignore_errors=True)
            self._own.with_suffix(".lock").unlink(missing_ok=True)
            self._lock.close()
