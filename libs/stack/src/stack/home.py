"""What one stack remembers between starts: ports, generated secrets, pids; all in `<home>/stack.json` (mode 600)."""

import fcntl
import json
import os
import random
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parents[4]
PORTS = range(15000, 30000)  # below Linux's ephemeral range: no outgoing connection takes a remembered port

Env = dict[str, str]


class StackError(RuntimeError):
    """A server cannot be had; the message tells a person what to do or where to look."""


@dataclass(frozen=True)
class Home:
    path: Path

    @classmethod
    def default(cls) -> "Home":
        """`$FAIRWAY_HOME`, else `.fairway` in the repository."""
        return cls(Path(os.environ.get("FAIRWAY_HOME") or REPOSITORY / ".fairway").resolve())

    def folder(self, name: str, mode: int = 0o755) -> Path:
        folder = self.path / name
        folder.mkdir(mode=mode, parents=True, exist_ok=True)
        return folder

    @property
    def host(self) -> str:
        """Where the servers of this home are reached: this machine, unless containers must find them too."""
        return self.recall().get("host", "127.0.0.1")

    def log(self, name: str) -> Path:
        return self.folder("logs") / f"{name}.log"

    def recall(self) -> dict[str, Any]:
        file = self.path / "stack.json"
        return json.loads(file.read_text()) if file.exists() else {}

    @contextmanager
    def remember(self) -> Iterator[dict[str, Any]]:
        """The memory for changing; one writer at a time over all threads and processes, replaced atomically."""
        with self.locked("memory"):
            memory = self.recall()
            yield memory
            draft = self.path / "stack.json.new"
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(memory, indent=1))
            draft.replace(self.path / "stack.json")

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Blocks until no other thread or process of this home holds the lock of that name."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / f".{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def port(self, name: str) -> int:
        """The same free port of 127.0.0.1 at every start."""
        with self.remember() as memory:
            ports = memory.setdefault("ports", {})
            if name not in ports:
                ports[name] = _free_port(set(ports.values()))
            return ports[name]

    def secret(self, name: str, length: int = 40) -> str:
        """The same letters and digits at every start."""
        with self.remember() as memory:
            return memory.setdefault("secrets", {}).setdefault(name, secrets.token_hex(length)[:length])

    def owns(self, url: str) -> bool:
        """Whether a server of this home has the address: `up` must start that one, not take it for a foreign one."""
        place = urlsplit(url)
        return place.hostname == "127.0.0.1" and place.port in self.recall().get("ports", {}).values()


def _free_port(taken: set[int]) -> int:
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            if port not in taken and probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise StackError(f"no free port between {PORTS.start} and {PORTS.stop}")
