"""What a group of processes has cost, by the kernel's own accounting.

Seconds of processors are those of `wait4` for each process of the group: exact, also for one that was killed. Memory
and accelerators have no such account, so they are looked at while the processes run, in /proc.
"""

import os
import re
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
ACCELERATOR = re.compile(r"^/dev/(nvidia\d+|dri/renderD\d+|accel/accel\d+)$")
"""Device files that a process keeps open as long as it uses the device."""
TICKS = os.sysconf("SC_CLK_TCK")
RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in the unit of `ru_maxrss`."""


@dataclass(frozen=True)
class ProcessUsage:
    cpu_seconds: float = 0.0
    gpu_seconds: float = 0.0
    """Seconds for which a device was held, for each device."""
    peak_memory: int = 0
    """Bytes that all processes together held at most."""


@dataclass(frozen=True)
class Sample:
    """A group of processes at one moment."""

    cpu_seconds: float = 0.0
    memory: int = 0
    """Bytes of all; at least what the largest process ever held, which shows peaks between two samples."""
    devices: frozenset[str] = frozenset()


def cpu_seconds(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def own_usage() -> ProcessUsage:
    """Of this process and of the children that it has waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return ProcessUsage(sum(map(cpu_seconds, both)), peak_memory=max(each.ru_maxrss for each in both) * RSS_UNIT)


def sample(group: int) -> Sample:
    """Of the processes of a process group that are alive, with what they have waited for."""
    cpu, memory, largest, devices = 0.0, 0, 0, frozenset[str]()
    for process, fields in _members(group):
        with suppress(OSError):  # it has ended meanwhile
            cpu += sum(map(int, fields[11:15])) / TICKS
            memory += _kilobytes(process / "smaps_rollup", "Pss:")
            largest = max(largest, _kilobytes(process / "status", "VmHWM:"))
            devices |= held_devices(process / "fd")
    return Sample(cpu, 1024 * max(memory, largest), devices)


def _members(group: int) -> Iterator[tuple[Path, list[str]]]:
    """Folders below /proc, and the fields of `stat` from the state on (proc_pid_stat(5) numbers it 3)."""
    for process in _processes():
        with suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                yield process, fields


def _processes() -> Iterable[Path]:
    return (PROC / name for name in os.listdir(PROC) if name.isdecimal()) if PROC.is_dir() else ()


def _kilobytes(file: Path, key: str) -> int:
    """A line of a file of /proc. `Pss` counts a page that n processes share as one n-th, so forks of a large process
    are not counted whole."""
    line = next((line for line in file.read_text().splitlines() if line.startswith(key)), "0 0")
    return int(line.split()[1])


def held_devices(folder: Path, pattern: re.Pattern[str] = ACCELERATOR) -> frozenset[str]:
    """Device files that are open in a folder of file descriptors."""
    found = set[str]()
    for handle in os.scandir(folder):
        with suppress(OSError):
            found.add(os.readlink(handle))
    return frozenset(filter(pattern.match, found))
