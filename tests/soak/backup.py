"""A backup of everything as docs/deploy.md says, taken while people work, and the way back to it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from stack import bucket, install, nats, pids
from stack import run as servers
from stack.home import REPOSITORY, Env, Home
from stack.platform import run
from stack.platform.settings import ROOMS, of_room

Counts = dict[str, int]
_TABLES = """select format('%I.%I', schemaname, relname) from pg_stat_user_tables
where relname <> 'spatial_ref_sys'"""


@dataclass
class Backup:
    home: Home
    env: Env
    files: dict[str, bytes] = field(default_factory=dict)
    """The bucket, by key."""

    @property
    def _data(self) -> Path:
        return Path(self.home.recall()["postgres_data"])

    @property
    def _zenml(self) -> Path:
        return self.home.folder("zenml") / "zenml.db"

    def take(self) -> None:
        """PostgreSQL as of one moment, then ZenML's database, then the bucket."""
        copy = _beside(self._data)
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(copy, "postgres", "postgres")
        command = [install.postgres_binary("pg_basebackup"), "-d", self.env["FAIRWAY_PG_ADMIN_URL"], "-D", copy]
        subprocess.run(
            [*command, "--checkpoint=fast", "--wal-method=stream"], check=True, cwd="/",
            user="postgres" if os.geteuid() == 0 else None,
        )  # fmt: skip
        with closing(sqlite3.connect(self._zenml)) as live, closing(sqlite3.connect(_beside(self._zenml))) as backup:
            live.backup(backup)
        self.files = self._bucket()

    def wipe(self) -> None:
        """Nobody works any more, and nothing is left: neither databases nor files nor streams."""
        store = bucket.client(self.env)
        for name in reversed(pids.running(self.home)):
            if name.partition("-")[0] in ROOMS:
                pids.stop(self.home, name)
        for key in self._bucket():
            store.delete_object(Bucket=bucket.BUCKET, Key=key)
        for name in reversed(pids.running(self.home)):
            if not name.startswith("sandbox"):
                pids.stop(self.home, name)
        shutil.rmtree(self._data)
        shutil.rmtree(nats.store(self.home))
        self._zenml.unlink()

    def restore(self) -> Counts:
        """Databases and bucket. Returns the rows that the databases hold, before any service has started."""
        _beside(self._data).rename(self._data)
        _beside(self._zenml).rename(self._zenml)
        servers.up({"postgres"}, None, self.home)
        found = self.rows()
        servers.up(None, None, self.home)
        store = bucket.client(self.env)
        for key, content in self.files.items():
            store.put_object(Bucket=bucket.BUCKET, Key=key, Body=content)
        return found

    def go_on(self, data: Path | None) -> None:
        """Tables and streams are made, the services start, and each sends again what may have been lost on its way."""
        run.up(data, home=self.home, apart=True)
        for room in ROOMS:
            own = {**os.environ, **of_room(self.home, self.env, room)}
            subprocess.run([sys.executable, "-m", room, "republish"], check=True, cwd=REPOSITORY, env=own)

    def lost_files(self) -> list[str]:
        """Keys that are not there again, or with something else."""
        found = self._bucket()
        return [key for key, content in self.files.items() if found.get(key) != content]

    def rows(self) -> Counts:
        """Table → its rows, of all databases."""
        urls = {name: url for name, url in self.env.items() if name.startswith("DATABASE_URL_")}
        urls["stac"] = self.env["STAC_DATABASE_URL"]
        return {f"{name} {table}": number for name, url in urls.items() for table, number in _rows(url)}

    def _bucket(self) -> dict[str, bytes]:
        store = bucket.client(self.env)
        pages = store.get_paginator("list_objects_v2").paginate(Bucket=bucket.BUCKET)
        keys = [one["Key"] for page in pages for one in page.get("Contents", ())]
        return {key: store.get_object(Bucket=bucket.BUCKET, Key=key)["Body"].read() for key in keys}


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".backup")


def _rows(url: str) -> list[tuple[str, int]]:
    with psycopg.connect(url) as db:
        tables = [table for (table,) in db.execute(_TABLES)]
        count = sql.SQL(" union all ").join(
            sql.SQL("select {}, count(*) from {}").format(table, sql.SQL(table)) for table in tables
        )
        return db.execute(count).fetchall()
