"""Roles and databases on a PostgreSQL server: each role owns one database and may connect to no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from stack.home import Env

ROOMS = ("gateway", "catalog", "training", "prediction", "notify")
WITH_POSTGIS = ("catalog", "prediction")


class Secrets(Protocol):
    def secret(self, name: str) -> str:
        """The same at every call."""
        ...


def ensure(secrets: Secrets, admin: str) -> Env:
    """Creates what is missing; returns `DATABASE_URL_<ROOM>`, and `STAC_DATABASE_URL`, whose role owns `stac`."""
    with as_admin(admin) as connection:
        for name in (*ROOMS, "stac"):
            _ensure_role(connection, name, secrets.secret(f"postgres-{name}"))
            _ensure_database(connection, name)
        for name in ("postgres", "template1"):
            connection.execute(SQL("revoke connect on database {} from public").format(Identifier(name)))
    for name in WITH_POSTGIS:
        with as_admin(admin, name) as connection:
            connection.execute("create extension if not exists postgis")
    urls = {f"DATABASE_URL_{name.upper()}": _url(secrets, admin, name) for name in ROOMS}
    return {**urls, "STAC_DATABASE_URL": _url(secrets, admin, "stac")}


@contextmanager
def as_admin(admin: str, database: str = "postgres") -> Iterator[Connection]:
    place = urlsplit(admin)._replace(path=f"/{database}").geturl()
    quiet = "-c client_min_messages=warning"
    with psycopg.connect(place, autocommit=True, connect_timeout=60, options=quiet) as connection:
        yield connection


def _ensure_role(connection: Connection, name: str, password: str) -> None:
    known = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
    verb = SQL("alter role" if known else "create role")
    connection.execute(SQL("{} {} login password {}").format(verb, Identifier(name), Literal(password)))


def _ensure_database(connection: Connection, name: str) -> None:
    if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        connection.execute(SQL("create database {0} owner {0}").format(Identifier(name)))
    connection.execute(SQL("revoke connect on database {} from public").format(Identifier(name)))


def _url(secrets: Secrets, admin: str, name: str) -> str:
    place = urlsplit(admin)
    return f"postgresql://{name}:{secrets.secret(f'postgres-{name}')}@{place.hostname}:{place.port or 5432}/{name}"
