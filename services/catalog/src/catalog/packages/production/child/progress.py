"""The progress of a child, in a small file that its parent reads: nothing waits for anybody."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def reporter(path: Path) -> Callable[[int, str], None]:
    """Returns what a processor reports to: percent and label. A report that cannot be written is dropped."""
    draft = path.with_suffix(".draft")

    def report(percent: int, label: str) -> None:
        with suppress(OSError):
            draft.write_text(f"{percent} {label}")
            os.replace(draft, path)

    return report


def read(path: Path) -> tuple[int, str] | None:
    """Returns the last report, if there is one."""
    try:
        percent, _, label = path.read_text().partition(" ")
    except OSError:
        return None
    return int(percent), label
