"""Alembic for each service: its `migrations/` folder lies inside the package, the connection comes from the
settings."""

from importlib.resources import files

from alembic import command, context
from alembic.config import Config
from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy import MetaData, create_engine, pool
from tenacity import Retrying, retry_if_exception, stop_before_delay, wait_random

from kit.db.database import plain_url
from kit.messaging import tables

LOCK_TIMEOUT = "1s"
"""Less than what services wait for a row or table (`kit.db.database.SESSION`)."""
WITHIN = 120.0
LOCKED = (LockNotAvailable, DeadlockDetected)


def config(service: str, url: str) -> Config:
    """Returns the Alembic configuration of the package `service` for the database at `url`."""
    alembic = Config()
    alembic.set_main_option("script_location", str(files(service) / "migrations"))
    alembic.attributes["url"] = plain_url(url).replace("postgresql://", "postgresql+psycopg://", 1)
    return alembic


def upgrade(service: str, url: str, revision: str = "head") -> None:
    """Applies the migrations of `service` up to `revision`; raises what Alembic or the database raises.

    The former release writes meanwhile. Migrations that wait for a table longer than `LOCK_TIMEOUT`, or for a writer
    that waits for them, are undone and tried again for `WITHIN` seconds: whoever comes after one that waits, waits too.
    """
    tries = Retrying(
        retry=retry_if_exception(_is_locked), wait=wait_random(0.5, 2), stop=stop_before_delay(WITHIN), reraise=True
    )
    tries(command.upgrade, config(service, url), revision)


def _is_locked(error: BaseException) -> bool:
    return isinstance(getattr(error, "orig", None), LOCKED)


def run_env(metadata: MetaData) -> None:
    """The whole of a service's `env.py`: migrates its own tables and the kit's in one transaction under one lock."""
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=[metadata, tables.metadata], compare_type=True,
            include_name=_ours,
        )  # fmt: skip
        with context.begin_transaction():
            connection.exec_driver_sql("select pg_advisory_xact_lock(4206)")
            connection.exec_driver_sql(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
            context.run_migrations()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Leaves out the tables that PostGIS brings."""
    return not (kind == "table" and name == "spatial_ref_sys")


def create_messaging_tables() -> None:
    """Creates inbox and outbox, in the first revision of a service."""
    from alembic import op

    tables.metadata.create_all(op.get_bind())


def lower_messaging_vacuum_thresholds() -> None:
    """Vacuums inbox and outbox at 1 % of dead rows. At the server's default of 20 %, a table of a hundred million rows
    would be vacuumed after twenty million dead ones."""
    _set_messaging_tables("set (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.01)")


def reset_messaging_vacuum_thresholds() -> None:
    """Undoes `lower_messaging_vacuum_thresholds`."""
    _set_messaging_tables("reset (autovacuum_vacuum_scale_factor, autovacuum_vacuum_insert_scale_factor)")


def drop_messaging_indexes() -> None:
    """Drops the indexes of inbox and outbox that no statement needs (docs/decisions/0146)."""
    from alembic import op

    for name in _UNNEEDED:
        op.execute(f"drop index if exists {name}")


def create_messaging_indexes() -> None:
    """Undoes `drop_messaging_indexes`."""
    from alembic import op

    for name, columns in _UNNEEDED.items():
        op.execute(f"create index {name} on {columns}")


_UNNEEDED = {"ix_inbox_message_id": "inbox (message_id)", "ix_outbox_published_at": "outbox (published_at)"}


def _set_messaging_tables(change: str) -> None:
    from alembic import op

    for table in tables.metadata.tables:
        op.execute(f"alter table {table} {change}")
