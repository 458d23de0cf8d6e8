"""Announcements to everybody."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "banners",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("start_date", TIME, nullable=False),
        sa.Column("end_date", TIME),
    )
    op.create_index("ix_banners_newest", "banners", [sa.text("start_date DESC"), sa.text("id DESC")])


def downgrade() -> None:
    op.drop_table("banners")
