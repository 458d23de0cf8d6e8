"""Stored dashboards, with their former versions, permissions and links."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
TABLES = """
create schema dashboards;
create table dashboards.dashboard (
    id text collate "C" not null constraint pk_dashboard primary key,
    body text not null,
    size_bytes bigint not null,
    history_bytes bigint not null default 0,
    version bigint not null default 1,
    etag text not null,
    last_access timestamptz not null default clock_timestamp(),
    whitelisted boolean not null default false,
    protected boolean not null default false,
    created_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    author_id bigint,
    author text not null default '',
    message text not null default '',
    restored_from bigint,
    owner_id bigint,
    owner text not null default '',
    title text not null default '',
    tags text[] not null default '{}',
    listed boolean not null default false,
    everyone text not null default 'edit',
    provisioned text,
    expires_at timestamptz,
    deleted_at timestamptz,
    deletion text not null default '',
    constraint ck_dashboard_id check (length(id) between 1 and 128)
);
create index ix_dashboard_last_access on dashboards.dashboard (last_access, id) where deleted_at is null;
create index ix_dashboard_deleted_at on dashboards.dashboard (deleted_at) where deleted_at is not null;
create index ix_dashboard_expires_at on dashboards.dashboard (expires_at) where expires_at is not null;
create index ix_dashboard_owner_id on dashboards.dashboard (owner_id) where owner_id is not null;
create table dashboards.version (
    dashboard_id text collate "C" not null,
    number bigint not null,
    body text not null,
    size_bytes bigint not null,
    etag text not null,
    created_at timestamptz not null,
    author_id bigint,
    author text not null,
    message text not null,
    restored_from bigint,
    constraint pk_version primary key (dashboard_id, number)
);
create index ix_version_created_at on dashboards.version (created_at);
create table dashboards.permission (
    dashboard_id text collate "C" not null,
    user_id bigint not null,
    level text not null,
    constraint pk_permission primary key (dashboard_id, user_id)
);
create index ix_permission_user_id on dashboards.permission (user_id);
create table dashboards.link (
    id text not null constraint pk_link primary key,
    dashboard_id text collate "C" not null,
    token_sha256 text not null constraint uq_link_token_sha256 unique,
    note text not null default '',
    created_by bigint,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    paused boolean not null default false
);
create index ix_link_dashboard_id on dashboards.link (dashboard_id);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    op.execute("drop schema dashboards cascade")
