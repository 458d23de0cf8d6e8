"""Users, Hanko mappings, rate leases, dead letters; inbox and outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.migrations import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)
NOW = sa.func.now()


def upgrade() -> None:
    create_messaging_tables()
    _users()
    _rates()
    _dead_letters()


def _users() -> None:
    flags = [
        sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
        for name in (
            "email_verified", "newsletter_subscription", "account_deletion_requested", "is_staff", "is_superuser",
        )
    ]  # fmt: skip
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False, server_default=""),
        sa.Column("img_url", sa.Text, nullable=False, server_default=""),
        *flags,
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("notifications_delivery_methods", JSONB, nullable=False, server_default='["web"]'),
        sa.Column("date_joined", TIME, nullable=False, server_default=NOW),
        sa.Column("last_login", TIME),
    )
    op.create_index("ix_users_id_text", "users", [sa.text("(id::text)")])
    op.create_table(
        "hanko_user_mappings",
        sa.Column("hanko_user_id", sa.Text, primary_key=True),
        sa.Column("app_user_id", sa.Text, nullable=False),
        sa.Column("app_name", sa.Text, nullable=False, server_default="fair"),
        sa.Column("created_at", TIME, nullable=False, server_default=NOW),
        sa.Column("updated_at", TIME, nullable=False, server_default=NOW),
    )
    op.create_index("ix_hanko_user_mappings_app_user_id", "hanko_user_mappings", ["app_user_id"])


def _rates() -> None:
    op.create_table(
        "rate_leases",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("window", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("taken", sa.BigInteger, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
    )
    op.create_index("ix_rate_leases_ends_at", "rate_leases", ["ends_at"])


def _dead_letters() -> None:
    words = [
        sa.Column(n, sa.Text, nullable=False) for n in ("consumer", "service", "subject", "type", "reason", "state")
    ]
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        *words,
        sa.Column("headers", JSONB, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("deliveries", sa.BigInteger, nullable=False),
        sa.Column("replays", sa.BigInteger, nullable=False),
        sa.Column("first_seen", TIME, nullable=False, server_default=NOW),
        sa.Column("changed_at", TIME, nullable=False, server_default=NOW),
        sa.Column("changed_by", sa.BigInteger),
        sa.UniqueConstraint("stream", "sequence", "consumer", name="uq_dead_letters_stream"),
    )
    op.create_index("ix_dead_letters_service", "dead_letters", ["service"])
    op.create_index("ix_dead_letters_state", "dead_letters", ["state"])


def downgrade() -> None:
    for table in ("dead_letters", "rate_leases", "hanko_user_mappings", "users", "outbox", "inbox"):
        op.drop_table(table)
