"""The disk of a database is full: writes are not done, nobody loses one, and all go on by themselves once there is
space."""

import os
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
from toy import AddInTime, AddItem

from contracts.verdict import Accepted, Kind
from kit.testing import MAPPER, Caller, eventually
from stack.small_disk import NotAllowed, SmallDisk, small_disk

pytestmark = pytest.mark.live
SIZE = 16 << 20
TABLES = ("items", "inbox", "outbox")
COUNT = "select count(*) from items where name = %s and seen_by = 'command'"


@pytest.fixture
def disk(running, sql, database_url: str) -> Iterator[SmallDisk]:
    """Below the tables of the toy; the write-ahead log has space."""
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        try:
            with small_disk(Path(folder), SIZE) as disk:
                _moved(sql, Path(folder))
                yield disk
                disk.empty()
                _move(sql, "pg_default")
                sql("drop tablespace small")
        except NotAllowed as reason:
            pytest.skip(f"no small disk without the right to mount one: {reason}")


def _moved(sql, folder: Path) -> None:
    place = folder / "tables"
    place.mkdir()
    os.chown(place, _server_user(sql), -1)
    sql(f"create tablespace small location '{place}'")
    _move(sql, "small")


def _server_user(sql) -> int:
    ((pid,),) = sql("select pg_backend_pid()")
    try:
        return psutil.Process(pid).uids().real
    except psutil.NoSuchProcess:
        pytest.skip("PostgreSQL runs on another machine")


def _move(sql, tablespace: str) -> None:
    for table in TABLES:
        sql(f"alter table {table} set tablespace {tablespace}")


def _no_page_free(sql, disk: SmallDisk) -> None:
    """Rows that are in the way until the disk is full and the last page too."""
    disk.fill()
    is_full = False
    while not is_full:
        try:
            sql("insert into items (name) values (repeat('x', 100))")
        except psycopg.errors.DiskFull:
            is_full = True


async def test_writes_wait_or_are_refused_in_words_and_are_done_once_there_is_space(running, caller: Caller, sql, disk):
    big = token_hex(3000)  # needs pages of its own, whatever is left of the last ones
    _no_page_free(sql, disk)
    assert await caller.bus.send(AddItem(name=big), MAPPER, wait=1.0) is None
    refused = await caller.bus.send(AddInTime(name=token_hex(3000)), MAPPER, wait=5.0)
    assert (refused.kind, refused.code) == (Kind.UNAVAILABLE, "database_full")
    assert "The disk of the database is full." in refused.detail
    assert sql(COUNT, big) == [(0,)]
    disk.empty()
    await eventually(lambda: sql(COUNT, big) == [(1,)], 30)
    assert isinstance(await caller.send(AddItem(name="after")), Accepted)
