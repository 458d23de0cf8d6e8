from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from kit.messaging import tables as messaging
from training.projections import tables as projections  # noqa: F401  (registers the tables)
from training.runs import tables as runs  # noqa: F401
from training.tables import Base


def test_tables_are_as_migrated(settings, own_run_names):
    def ours(thing, name, kind, *_):
        return kind != "table" or name not in messaging.metadata.tables

    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+psycopg://", 1)
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, Base.metadata) == []
