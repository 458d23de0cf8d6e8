"""Small disks below the servers of a platform that is at work, with all that the servers had."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
from psycopg import sql

from stack import nats, pids
from stack import run as servers
from stack.home import Home
from stack.small_disk import NotAllowed, SmallDisk, small_disk
from tests.e2e.conftest import Platform

SPARE = 64 << 20
OF_ROOM = """
    select format('alter %s %s set tablespace ', case relkind when 'r' then 'table' else 'index' end, oid::regclass)
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')"""


@contextmanager
def small(path: Path, size: int) -> Iterator[SmallDisk]:
    try:
        with small_disk(path, size) as disk:
            yield disk
    except NotAllowed as reason:
        pytest.skip(f"no small disk without the right to mount one: {reason}")


@contextmanager
def bus_on_small_disk(platform: Platform) -> Iterator[SmallDisk]:
    """What NATS stored meanwhile is kept."""
    home, store = platform.home, nats.store(platform.home)
    with TemporaryDirectory() as folder:
        aside = Path(folder) / "store"
        pids.stop(home, "nats")
        shutil.copytree(store, aside)
        try:
            with small(store, _size(aside) + SPARE) as disk:
                shutil.copytree(aside, store, dirs_exist_ok=True)
                servers.up({"nats"}, None, home)
                yield disk
                pids.stop(home, "nats")
                shutil.rmtree(aside)
                shutil.copytree(store, aside)
        finally:
            pids.stop(home, "nats")
            shutil.rmtree(store)
            shutil.copytree(aside, store)
            servers.up({"nats"}, None, home)


@contextmanager
def database_on_small_disk(platform: Platform, room: str) -> Iterator[SmallDisk]:
    """The tables of one room; the write-ahead log stays where it has space."""
    name = platform.env[f"DATABASE_URL_{room.upper()}"].rsplit("/", 1)[1]
    admin = psycopg.connect(platform.env["FAIRWAY_PG_ADMIN_URL"], dbname=name, autocommit=True)
    with admin as database, TemporaryDirectory() as folder:
        (used,) = database.execute("select pg_database_size(current_database())").fetchone() or (0,)
        Path(folder).chmod(0o755)
        with small(Path(folder), used + SPARE) as disk:
            _make_tablespace(database, platform.home, Path(folder) / "tables")
            _move(database, "small")
            yield disk
            disk.empty()
            _move(database, "pg_default")
            database.execute("drop tablespace small")


def _make_tablespace(database: psycopg.Connection, home: Home, place: Path) -> None:
    server = pids.find(home, "postgres")
    assert server, "PostgreSQL is not the stack's"
    place.mkdir()
    os.chown(place, psutil.Process(server.pid).uids().real, -1)
    database.execute(sql.SQL("create tablespace small location {}").format(str(place)))
    database.execute("grant create on tablespace small to public")


def _move(database: psycopg.Connection, tablespace: str) -> None:
    for (statement,) in database.execute(OF_ROOM).fetchall():
        database.execute(statement + tablespace)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
