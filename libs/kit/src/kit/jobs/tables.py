"""Tables of long work: the queue of jobs, and fan-outs. A service that uses them creates them in a migration of its own
(`create_queue_table`, `create_fan_out_tables`)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    func,
    text,
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

queued_jobs = Table(
    "queued_jobs",
    metadata,
    Column("seq", BigInteger, Identity(), primary_key=True, comment="order of arrival"),
    Column("turn", BigInteger, nullable=False, comment="seq of the first job of the same work"),
    Column("id", UUID(as_uuid=True), nullable=False, unique=True, comment="id of the message"),
    Column("job_group", Text, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("work", UUID(as_uuid=True), nullable=False, comment="id of the message that the job goes back to"),
    Column(
        "state", Text, nullable=False, server_default="waiting",
        comment="waiting, dispatched, running, resting or ended",
    ),
    Column("subject", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("data", LargeBinary, nullable=False, comment="body; empty when it has ended"),
    Column("percent", Float, comment="progress, 0 to 100"),
    Column("stage", Text, nullable=False, server_default="", comment="what the job does now"),
    Column("cancelled", Boolean, nullable=False, server_default="false"),
    Column("queued_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("dispatched_at", DateTime(timezone=True)),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
)  # fmt: skip
Index(
    "ix_queued_jobs_open", *(queued_jobs.c[name] for name in ("job_group", "user_id", "turn", "seq")),
    postgresql_where=text("state <> 'ended'"),
)  # fmt: skip
Index("ix_queued_jobs_work", queued_jobs.c.work)
Index("ix_queued_jobs_ended_at", queued_jobs.c.ended_at)


def create_fan_out_tables() -> None:
    """Creates the tables of fan-outs, in a revision of a service that uses them."""
    from alembic import op

    metadata.create_all(op.get_bind(), tables=[fan_outs, fan_out_parts])


def create_queue_table() -> None:
    """Creates the table of the queue, in a revision of a service with jobs that are queued."""
    from alembic import op

    metadata.create_all(op.get_bind(), tables=[queued_jobs])
