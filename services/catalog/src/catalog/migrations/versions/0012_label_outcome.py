"""What became of the features of a file of labels; types of OpenStreetMap objects have one spelling."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
SPELL = """
UPDATE labels SET osm_type = CASE lower(left(osm_type, 1))
    WHEN 'n' THEN 'node' WHEN 'w' THEN 'way' WHEN 'r' THEN 'relation' END
WHERE osm_type NOT IN ('node', 'way', 'relation')
"""


def upgrade() -> None:
    op.add_column("aois", sa.Column("label_outcome", JSONB))
    for name in ("numbers", "left_out"):
        op.add_column("label_upload_parts", sa.Column(name, JSONB, server_default="[]", nullable=False))
    op.execute(SPELL)


def downgrade() -> None:
    op.drop_column("aois", "label_outcome")
    for name in ("numbers", "left_out"):
        op.drop_column("label_upload_parts", name)
