"""The catalog's tables are made by the role that owns them, not by an administrator."""

from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict

from kit.db import migrations


def test_the_owner_of_the_database_makes_everything_but_postgis(postgres_url: str):
    name, place = f"test_owner_{uuid4().hex[:8]}", conninfo_to_dict(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"create role {name} login password '{name}'")
        admin.execute(f"create database {name} owner {name}")
        try:
            with psycopg.connect(postgres_url, dbname=name, autocommit=True) as inside:
                inside.execute("create extension postgis")
            url = f"postgresql://{name}:{name}@{place['host']}:{place['port']}/{name}"
            migrations.upgrade("catalog", url)
            with psycopg.connect(url) as owner:
                owner.execute("select similarity('a', 'b') from labels")
        finally:
            admin.execute(f"drop database if exists {name} with (force)")
            admin.execute(f"drop role {name}")
