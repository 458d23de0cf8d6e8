"""The tables inbox and outbox. The library defines them; each service owns its copy and its migration."""

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Integer, LargeBinary, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from kit.db.database import new_metadata

metadata = new_metadata()

inbox = Table(
    "inbox",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("message_id", UUID(as_uuid=True), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False, comment="SHA-256 of the body"),
    Column("actor_id", BigInteger, nullable=False),
    Column("verdict", JSONB, comment="null for events"),
    Column("dead", Integer, nullable=False, server_default="0", comment="1 when buried; a replay may run again"),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
Index("ix_inbox_received_at", inbox.c.received_at)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("subject", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("published_at", DateTime(timezone=True)),
)
Index("ix_outbox_unpublished", outbox.c.seq, postgresql_where=text("published_at IS NULL"))
