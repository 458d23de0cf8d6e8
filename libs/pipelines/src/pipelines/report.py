"""Report lines, which the child process and plug-ins send to the parent process."""

import json
import os
from typing import Any


def write(kind: str, **fields: Any) -> None:
    """Appends one JSON line to $FAIRWAY_REPORT in one system call, so that lines of several processes do not mix."""
    path = os.environ.get("FAIRWAY_REPORT")
    if not path:
        return
    line = json.dumps({"type": kind, **fields}, allow_nan=False).encode() + b"\n"
    report = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(report, line)
    finally:
        os.close(report)
