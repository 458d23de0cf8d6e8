"""The migrations lead to what the mapped classes say."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from kit.messaging import tables as messaging
from notify.banners import tables as banners  # noqa: F401  (registers the tables)
from notify.channels.samples import tables as samples  # noqa: F401
from notify.channels.series import tables as series  # noqa: F401
from notify.dashboards import tables as dashboards  # noqa: F401
from notify.kpi import tables as kpi  # noqa: F401
from notify.mails import tables as mails  # noqa: F401
from notify.notifications import tables as notifications  # noqa: F401
from notify.projections import tables as projections  # noqa: F401
from notify.tables import Base
from notify.user_state import tables as user_state  # noqa: F401
from notify.webhooks import tables as webhooks  # noqa: F401


def test_tables_are_as_migrated(running, settings):
    def ours(thing, name, kind, *_):
        return kind != "table" or name not in messaging.metadata.tables

    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url).connect() as connection:
        options = {"compare_type": True, "include_object": ours, "include_schemas": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_inbox_and_outbox_are_vacuumed_early(running, settings):
    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://", 1)
    options = text("select unnest(reloptions) from pg_class where relname = :table")
    for table in messaging.metadata.tables:
        with create_engine(url).connect() as connection:
            found = set(connection.scalars(options, {"table": table}))
        assert found == {"autovacuum_vacuum_scale_factor=0.01", "autovacuum_vacuum_insert_scale_factor=0.01"}
