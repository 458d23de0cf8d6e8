"""A small file system in memory that a test fills and empties again."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

BLOCK = 4096


class NotAllowed(Exception):
    """This process may not mount anything; the message is the system's."""


@dataclass(frozen=True)
class SmallDisk:
    path: Path

    @property
    def free(self) -> int:
        return shutil.disk_usage(self.path).free

    def fill(self) -> None:
        """Leaves no block free."""
        file = os.open(self._filler, os.O_WRONLY | os.O_CREAT)
        try:
            with suppress(OSError):
                os.posix_fallocate(file, 0, self.free)
            os.lseek(file, 0, os.SEEK_END)
            with suppress(OSError):
                while os.write(file, bytes(BLOCK)):
                    continue
        finally:
            os.close(file)

    def empty(self) -> None:
        """Takes away what `fill` wrote."""
        self._filler.unlink(missing_ok=True)

    @property
    def _filler(self) -> Path:
        return self.path / "filler"


@contextmanager
def small_disk(path: Path, size: int) -> Iterator[SmallDisk]:
    """At that folder while the block runs; what was in the folder is hidden meanwhile. Raises NotAllowed."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotAllowed(done.stderr.strip())
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)
