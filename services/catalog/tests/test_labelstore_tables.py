"""The label store's tables are as the migrations make them."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from catalog.labelstore.schema import SCHEMA
from catalog.tables import metadata
from kit.app import Service
from kit.settings import ServiceSettings


def _named(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "schema" or name == SCHEMA


def test_migrations_make_the_models(running: Service, settings: ServiceSettings):
    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url).connect() as connection:
        options = {"include_schemas": True, "include_name": _named, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        found = compare_metadata(context, metadata)
    assert [change for change in found if SCHEMA in str(change)] == []
