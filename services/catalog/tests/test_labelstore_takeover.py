"""The database of a LabelAPI is taken over: ids, hashes and dates stay, duplicates are merged and counted."""

from collections.abc import Iterator
from typing import cast
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import SecretStr
from sqlalchemy import create_engine

from catalog.commands.import_label_store import run
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.takeover.source import NoReference
from catalog.settings import Settings
from catalog.tables import metadata
from kit.app import Service
from kit.settings import ServiceSettings

REFERENCE = """
create type role_types as enum ('image-admin', 'labeler');
create table "user" (id serial primary key, email text, public_key text, "API_KEY" text, "API_SECRET" bytea, enabled bool);
create table roles (id serial primary key, role role_types, user_id int, subject_type text, subject_id int);
create table imageset (id serial primary key, title text, status text, metadata jsonb, blobstorage_path text,
    date_created timestamp, date_finished timestamp, created_by text);
create table image (id serial primary key, blobstorage_path text, imageset_id int, lat float, lon float, filetype text,
    filesize int, width int, height int);
create table campaign (id serial primary key, title text, status text, metadata jsonb, label_translations jsonb,
    date_created timestamp, date_started timestamp, date_completed timestamp, date_finished timestamp, created_by text);
create table campaign_image (id serial primary key, campaign_id int, image_id int, labeled bool default false);
create table object (id serial primary key, campaign_image_id int, label_translated text, label_original text,
    confidence float, date_added timestamp, x_min int, x_max int, y_min int, y_max int);
insert into "user" values (4, 'Admin@a.example', null, 'key-4', '$2b$12$abc', true), (6, 'p@b.example', null, 'k', null, null),
    (9, 'ADMIN@a.example', null, 'key-9', '$2b$12$def', true);
insert into roles values (1, 'image-admin', 4, null, null), (2, 'labeler', 6, 'campaign', 30),
    (3, 'labeler', 6, 'campaign', 31), (4, 'labeler', 6, null, null), (5, 'image-admin', 9, null, null);
insert into imageset values (5, 'danube', 'finished', '{"a": 1}', 'old/uploads/danube', '2024-01-02 03:04:05', null, 'x');
insert into image values (11, 'old/uploads/danube/a.jpg', 5, 1, 2, 'JPEG', 9, 640, 480), (17, '/elsewhere.jpg', null, null, null, null, null, null, null);
insert into campaign values (30, 'c-1', 'active', null, '{"fles": "bottle"}', '2024-01-02', null, null, null, 'x');
insert into campaign_image values (7, 30, 11, false), (8, 30, 11, true), (9, 30, 17, false);
insert into object values (70, 7, 'bottle', 'fles', 0.5, '2024-05-06 07:08:09', 1, 5, 2, 6),
    (71, 8, 'can', null, null, '2024-05-06', 5, 1, 2, 6), (72, 8, 'can', 'can', null, '2024-05-06', 1, 1, 2, 6);
"""  # noqa: E501


@pytest.fixture
def databases(running: Service, postgres_url: str) -> Iterator[tuple[str, str]]:
    """An empty label store and the database of a LabelAPI."""
    names = [f"takeover-{uuid4().hex[:8]}" for _ in range(2)]
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        for name in names:
            admin.execute(f'create database "{name}"'.encode())
        ours, theirs = (make_conninfo(postgres_url, dbname=name) for name in names)
        with psycopg.connect(ours, autocommit=True) as db:
            db.execute(f"create extension postgis; create schema {SCHEMA}".encode())
        engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(ours))
        metadata.create_all(engine, [one for one in metadata.tables.values() if one.schema == SCHEMA])
        engine.dispose()
        with psycopg.connect(theirs, autocommit=True) as db:
            db.execute(REFERENCE.encode())
        yield ours, theirs
        for name in names:
            admin.execute(f'drop database "{name}" with (force)'.encode())


def url_of(conninfo: str) -> str:
    found = conninfo_to_dict(conninfo)
    who, where = f"{found.get('user')}:{found.get('password', '')}", f"{found['host']}:{found['port']}"
    return f"postgresql://{who}@{where}/{found['dbname']}"


async def taken_over(ours: str, theirs: str, settings: ServiceSettings) -> dict[str, int]:
    place = settings.model_copy(update={"database_url": SecretStr(url_of(ours))})
    return await run(cast("Settings", place), url_of(theirs), "public", ("old/", "new/dev/"))


async def test_a_reference_database_is_taken_over_once(databases: tuple[str, str], settings: ServiceSettings):
    ours, theirs = databases
    done = await taken_over(ours, theirs, settings)
    assert {name: count for name, count in done.items() if count} == {
        "users": 2, "users merged": 1, "keys left out": 1, "roles": 2, "roles merged": 1, "roles left out": 2,
        "image_sets": 1, "images": 2, "paths not moved": 1, "campaigns": 1, "campaign_images": 2,
        "campaign_images merged": 1, "objects": 2, "objects moved": 1, "boxes turned": 1, "objects left out": 1,
    }  # fmt: skip
    with psycopg.connect(ours) as db:
        db.execute(f"set search_path = {SCHEMA}".encode())
        assert db.execute("select id, api_key, secret_hash, enabled from users order by id").fetchall() == [
            (4, "key-4", "bcrypt:$2b$12$abc", True), (6, "k", None, True)
        ]  # fmt: skip
        images = "select id, ordinal, blobstorage_path, labeled from images order by id"
        assert db.execute(images).fetchall() == [
            (11, 1, "new/dev/uploads/danube/a.jpg", True), (17, 2, "/elsewhere.jpg", False)
        ]  # fmt: skip
        assert db.execute("select id, labeled, submission_id from campaign_images order by id").fetchall() == [
            (7, True, 30), (9, False, None)
        ]  # fmt: skip
        objects = "select id, campaign_image_id, label, label_original, x_min, x_max, date_added at time zone 'UTC'"
        found = db.execute(f"{objects} from objects order by id".encode()).fetchall()
        assert [(*one[:6], one[6].isoformat()) for one in found] == [
            (70, 7, "bottle", "fles", 1, 5, "2024-05-06T07:08:09"), (71, 7, "can", "can", 1, 5, "2024-05-06T00:00:00")
        ]  # fmt: skip
        created = db.execute("select date_created at time zone 'UTC', ingest_state from image_sets").fetchall()
        assert [(one.isoformat(), state) for one, state in created] == [("2024-01-02T03:04:05", "done")]
        assert db.execute("select value from totals where name = 'images'").fetchone() == (2,)
        assert db.execute("select image_count from campaigns").fetchone() == (2,)
        for table, number in (("images", 18), ("users", 7)):
            new = db.execute("select nextval(pg_get_serial_sequence(%s, 'id'))", (f"{SCHEMA}.{table}",)).fetchone()
            assert new == (number,)
    with pytest.raises(NoReference, match="while it is empty"):
        await taken_over(ours, theirs, settings)


async def test_another_database_is_refused(databases: tuple[str, str], settings: ServiceSettings):
    ours, theirs = databases
    with psycopg.connect(theirs, autocommit=True) as db:
        db.execute("drop table object")
    with pytest.raises(NoReference, match="has no table object; name the schema"):
        await taken_over(ours, theirs, settings)
