"""A Ceph cluster of one monitor and one disk file: what radosgw needs to store objects for real."""

import json
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.home import Home, StackError
from stack.processes import Daemon

CONFIG = Path(__file__).with_name("ceph.conf")


@dataclass(frozen=True)
class Cluster:
    home: Home

    @property
    def folder(self) -> Path:
        return self.home.folder("ceph", 0o700)

    @property
    def config(self) -> Path:
        return self.folder / "ceph.conf"

    @property
    def port(self) -> int:
        return self.home.port("s3")

    def start(self) -> None:
        """Monitor and disk; both are made at the first start."""
        self._write_config()
        if not self._made("mon"):
            self._make_monitor()
        self.daemon("ceph-mon", "ceph-mon", "-i", "a", ready=self._monitor_answers)
        if not self._made("osd"):
            self._make_disk()
        self.daemon("ceph-osd", "ceph-osd", "-i", "0", ready=self._disk_is_up)

    def _monitor_answers(self) -> bool:
        return bool(self.run("ceph", "--connect-timeout", "5", "fsid"))

    def _disk_is_up(self) -> bool:
        return self.ask("osd", "stat")["num_up_osds"] == 1

    def ask(self, *question: str) -> Any:
        """The JSON answer of the monitor."""
        return json.loads(self.run("ceph", *question, "-f", "json"))

    def daemon(self, name: str, program: str, *arguments: str, ready: Callable[[], bool]) -> None:
        Daemon(name, [program, "-f", "-c", self.config, *arguments], ready=ready, home=self.home).start()

    def run(self, program: str, *arguments: str | Path, timeout: float = 300) -> str:
        """Standard output of one of Ceph's programs; raises RuntimeError with its complaint."""
        argv = [program, "-c", str(self.config), *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, cwd=self.folder)
        if done.returncode:
            raise StackError(f"{' '.join(argv)} failed: {done.stderr[-2000:]}")
        return done.stdout

    def _write_config(self) -> None:
        with self.home.remember() as memory:
            fsid = memory.setdefault("ceph", {}).setdefault("fsid", str(uuid.uuid4()))
        ports = {"mon": self.home.port("ceph-mon"), "mon_v1": self.home.port("ceph-mon-v1"), "rgw": self.port}
        values = {"fsid": fsid, "folder": self.folder, "host": "127.0.0.1", **ports}
        self.config.write_text(re.sub(r"@(\w+)@", lambda name: str(values[name[1]]), CONFIG.read_text()))

    def _made(self, part: str) -> bool:
        """A part that was not made to its end is made again from nothing."""
        if part in self.home.recall()["ceph"].get("made", []):
            return True
        shutil.rmtree(self.folder / part, ignore_errors=True)
        (self.folder / part).mkdir()
        return False

    def _is_made(self, part: str) -> None:
        with self.home.remember() as memory:
            memory["ceph"].setdefault("made", []).append(part)

    def _make_monitor(self) -> None:
        admin, mon, monmap = (self.folder / name for name in ("client.admin.keyring", "mon.keyring", "monmap"))
        everything = [part for service in ("mon", "osd", "mgr", "mds") for part in ("--cap", service, "allow *")]
        self._keyring(admin, "client.admin", *everything)
        self._keyring(mon, "mon.", "--cap", "mon", "allow *")
        self.run("ceph-authtool", mon, "--import-keyring", admin)
        address = f"[v2:127.0.0.1:{self.home.port('ceph-mon')},v1:127.0.0.1:{self.home.port('ceph-mon-v1')}]"
        identity = ["--fsid", self.home.recall()["ceph"]["fsid"]]
        self.run("monmaptool", "--create", "--clobber", "--addv", "a", address, *identity, monmap)
        self.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", mon)
        self._is_made("mon")

    def _make_disk(self) -> None:
        disk, keyring = str(uuid.uuid4()), self.folder / "osd.0.keyring"
        if not self.run("ceph", "osd", "ls").strip():
            self.run("ceph", "osd", "new", disk)
        allow = ["mon", "allow profile osd", "osd", "allow *", "mgr", "allow profile osd"]
        keyring.write_text(self.run("ceph", "auth", "get-or-create", "osd.0", *allow))
        known = self.ask("osd", "dump")["osds"][0]["uuid"]
        self.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", known)
        self._is_made("osd")

    def _keyring(self, file: Path, name: str, *caps: str) -> None:
        self.run("ceph-authtool", "--create-keyring", file, "--gen-key", "-n", name, *caps)
