"""Numbers about the whole platform, counted as things happen. The first comparison with the owners fills the copies."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "kpi",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        *[sa.Column(n, sa.BigInteger, nullable=False, server_default="0")
          for n in ("models", "users", "feedback", "accepted")],
        sa.Column("healed_at", TIME),
    )  # fmt: skip
    op.execute("insert into kpi (id, users) select 1, count(*) from known_users")
    op.create_table(
        "known_models",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stac_item_id", sa.Text, nullable=False, index=True),
        sa.Column("status", sa.Text),
        sa.Column("previous", sa.Text),
        sa.Column("as_of", TIME, nullable=False),
    )
    op.create_table(
        "known_feedback",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("action", sa.Text),
        sa.Column("previous", sa.Text),
        sa.Column("as_of", TIME, nullable=False),
    )


def downgrade() -> None:
    for table in ("known_feedback", "known_models", "kpi"):
        op.drop_table(table)
