"""The folder of files that tell the parent which children to have, and us what became of them.

`<name>.json` is a child that is kept, `<name>.once` one that runs to its end; the parent writes `.pid` and `.ended`.
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from stack.home import Home

KEPT, ONCE, PID, ENDED = ".json", ".once", ".pid", ".ended"


@dataclass(frozen=True)
class Child:
    """`module` runs as `python -m` would run it; `env` is added to the parent's environment."""

    module: Sequence[str]
    env: Mapping[str, str]
    log: str


def folder_of(home: Home) -> Path:
    return home.path / "preforked"


def clear(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()


def names(folder: Path) -> set[str]:
    return {path.stem for path in folder.iterdir() if path.suffix in (KEPT, ONCE)}


def running(folder: Path) -> list[str]:
    """Those with a process, by name."""
    return sorted(path.stem for path in folder.glob(f"*{PID}"))


def is_kept(folder: Path, name: str) -> bool:
    return (folder / f"{name}{KEPT}").exists()


def write(folder: Path, name: str, child: Child, kept: bool = True) -> None:
    """For its owner only: the environment has secrets."""
    _replace(folder / f"{name}{KEPT if kept else ONCE}", json.dumps(asdict(child)))


def read(folder: Path, name: str) -> Child:
    file = folder / f"{name}{KEPT if is_kept(folder, name) else ONCE}"
    return Child(**json.loads(file.read_text()))


def remove(folder: Path, name: str) -> None:
    for suffix in (KEPT, ONCE):
        (folder / f"{name}{suffix}").unlink(missing_ok=True)


def record_start(folder: Path, name: str, pid: int) -> None:
    _replace(folder / f"{name}{PID}", f"{pid} {os.getpid()}")


def version(folder: Path, name: str) -> int:
    """Of its file: another one each time that it is written."""
    for suffix in (KEPT, ONCE):
        with suppress(FileNotFoundError):
            return (folder / f"{name}{suffix}").stat().st_mtime_ns
    return 0


def record_end(folder: Path, name: str, version: int, code: int | None) -> None:
    _replace(folder / f"{name}{ENDED}", f"{version} {code}")
    (folder / f"{name}{PID}").unlink(missing_ok=True)


def started(folder: Path, name: str) -> tuple[int, int] | None:
    """Returns the pids of the child, while it runs, and of its parent."""
    text = _text(folder / f"{name}{PID}")
    pid, _, parent = text.partition(" ")
    return (int(pid), int(parent)) if text else None


def ended(folder: Path, name: str, version: int) -> str:
    """Returns the exit code of its last end, empty when it has not ended since that version of its file."""
    of, _, code = _text(folder / f"{name}{ENDED}").partition(" ")
    return code if of == str(version) else ""


def _replace(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""
