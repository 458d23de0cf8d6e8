"""An area that crosses the antimeridian is two polygons."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table aois alter column geom type geometry(Geometry, 4326)")


def downgrade() -> None:
    op.execute("alter table aois alter column geom type geometry(Polygon, 4326)")
