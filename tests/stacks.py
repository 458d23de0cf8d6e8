"""Ends a room's processes; those in Python say first where each of their threads is (PYTHONFAULTHANDLER is set)."""

import os
import signal
import stat
import subprocess
from pathlib import Path
from typing import BinaryIO

import psutil

PATIENCE = 5.0
MOST = 20_000
"""Characters of one process."""


def end(leader: "subprocess.Popen[bytes]", stacks: bool = True) -> str:
    """Of the leader of a session, of its descendants and of whatever else is in its process group; what they said."""
    family = _family(leader.pid)
    said = [_stacks(process) for process in reversed(family) if _is_python(process)] if stacks else []
    for process in family:
        _send(process, signal.SIGKILL)
    try:
        os.killpg(leader.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    leader.wait()
    return "\n".join(said)


def _family(pid: int) -> list[psutil.Process]:
    try:
        leader = psutil.Process(pid)
        return [leader, *leader.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _is_python(process: psutil.Process) -> bool:
    try:
        return Path(process.exe()).name.startswith("python")
    except (psutil.Error, OSError):
        return False


def _stacks(process: psutil.Process) -> str:
    """SIGABRT makes faulthandler write the stacks to the process's standard error, wherever that leads."""
    errors = _errors_of(process.pid)
    before = errors.seek(0, os.SEEK_END) if errors else 0
    try:
        line = " ".join(process.cmdline())[:200]
    except psutil.Error:
        return ""
    _send(process, signal.SIGABRT)
    psutil.wait_procs([process], PATIENCE)
    if errors is None:
        return f"-- {process.pid} {line}: its standard error cannot be read"
    with errors:
        errors.seek(before)
        return f"-- {process.pid} {line}\n{errors.read(MOST).decode(errors='replace')}"


def _errors_of(pid: int) -> BinaryIO | None:
    place = Path(f"/proc/{pid}/fd/2")
    try:
        return place.open("rb") if stat.S_ISREG(place.stat().st_mode) else None
    except OSError:
        return None


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
