"""Files that are complete or not there."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft_of(target: Path) -> Iterator[Path]:
    """A path of the same name in a folder of its own beside `target`; moved to `target` when the block ends well.

    The folder goes in any case, and with it what libraries write beside a file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".draft-", dir=target.parent))
    try:
        yield folder / target.name
        os.replace(folder / target.name, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
