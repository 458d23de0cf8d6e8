"""Snapshots of dashboards."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
TABLE = """
create table dashboards.snapshot (
    id text not null constraint pk_snapshot primary key,
    token_sha256 text not null constraint uq_snapshot_token_sha256 unique,
    delete_key_sha256 text not null constraint uq_snapshot_delete_key_sha256 unique,
    dashboard_id text not null,
    owner_id bigint not null,
    owner text not null,
    title text not null,
    body bytea not null,
    size_bytes bigint not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index ix_snapshot_owner_id on dashboards.snapshot (owner_id);
create index ix_snapshot_expires_at on dashboards.snapshot (expires_at);
"""


def upgrade() -> None:
    op.execute(TABLE)
