"""Alembic for each room: its `migrations/` folder lies inside the package, the connection comes from the settings."""

from importlib.resources import files

from alembic import command, context
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, pool

from kit.db import plain_url
from kit.messaging import tables


def config(service: str, url: str) -> Config:
    alembic = Config()
    alembic.set_main_option("script_location", str(files(service) / "migrations"))
    alembic.attributes["url"] = plain_url(url).replace("postgresql://", "postgresql+psycopg://", 1)
    return alembic


def upgrade(service: str, url: str, revision: str = "head") -> None:
    command.upgrade(config(service, url), revision)


def run_env(metadata: MetaData) -> None:
    """The whole of a room's `env.py`: its own tables and the kit's, one transaction, one lock."""
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=[metadata, tables.metadata], compare_type=True,
            include_name=_ours,
        )  # fmt: skip
        with context.begin_transaction():
            connection.exec_driver_sql("select pg_advisory_xact_lock(4206)")
            context.run_migrations()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """PostGIS brings tables of its own."""
    return not (kind == "table" and name == "spatial_ref_sys")


def create_messaging_tables() -> None:
    """For the first revision of a room."""
    from alembic import op

    tables.metadata.create_all(op.get_bind())


def vacuum_messaging_tables_early() -> None:
    """At the server's own 20 % a table of a hundred million rows would be vacuumed after twenty million dead ones."""
    _set_messaging_tables("set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01)")


def vacuum_messaging_tables_as_others() -> None:
    _set_messaging_tables("reset (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)")


def _set_messaging_tables(change: str) -> None:
    from alembic import op

    for table in tables.metadata.tables:
        op.execute(f"alter table {table} {change}")
