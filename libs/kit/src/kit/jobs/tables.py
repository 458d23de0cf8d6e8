"""Tables of long work: fan-outs. A service that uses them creates them in a migration of its own
(`create_job_tables`)."""

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Integer,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID

from kit.db.database import new_metadata

metadata = new_metadata()

fan_outs = Table(
    "fan_outs",
    metadata,
    Column("id", UUID(as_uuid=True), primary_key=True),
    Column("state", Text, nullable=False, comment="running, joining, finished or cancelled"),
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

fan_out_parts = Table(
    "fan_out_parts",
    metadata,
    Column("fan_out_id", UUID(as_uuid=True), ForeignKey(fan_outs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", Text, nullable=False, server_default="waiting", comment="waiting, done or failed"),
    Column("result", JSONB),
)


def create_job_tables() -> None:
    """Creates the tables, in a revision of a service that uses them."""
    from alembic import op

    metadata.create_all(op.get_bind())
