"""What NATS says of itself, and the space that it has."""

import json
import shutil
from http.client import HTTPConnection, HTTPException
from pathlib import Path

RESERVE = 32 << 20
"""Bytes that are free where it can store again what it could not."""


def problem(port: int) -> str | None:
    """What the health page says is wrong; empty where all is well, None where nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        told = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return "" if answer.status == 200 else str(json.loads(told).get("error", answer.status))


def has_room(store: Path) -> bool:
    return shutil.disk_usage(store).free >= RESERVE
