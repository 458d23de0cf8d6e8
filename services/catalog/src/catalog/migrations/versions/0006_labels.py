"""Labels as rows, how far an AOI is with them, the shift of a dataset's imagery, indexes for search."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)
SEARCHED = {"datasets": ("title", "stac_id"), "base_models": ("name",), "local_models": ("name",)}


def upgrade() -> None:
    op.add_column("aois", sa.Column("label_status", sa.BigInteger, nullable=False, server_default="-1"))
    op.add_column("aois", sa.Column("label_fetched", TIME))
    op.add_column("aois", sa.Column("label_error", sa.Text, nullable=False, server_default=""))
    op.add_column("aois", sa.Column("label_run", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("aois", sa.Column("label_since", TIME))
    op.create_check_constraint("ck_aois_label_status", "aois", "label_status in (-1, 0, 1)")
    op.create_index("ix_aois_label_since", "aois", ["label_since"], postgresql_where=sa.text("label_status = 0"))
    _create_labels()
    op.add_column("datasets", sa.Column("offset", JSONB, nullable=False, server_default="[0.0, 0.0]"))
    _index_search()


def _create_labels() -> None:
    op.create_table(
        "labels",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("aoi_id", sa.BigInteger, nullable=False),
        sa.Column("geom", Geometry("GEOMETRY", 4326, spatial_index=False), nullable=False),
        sa.Column(
            "geom_hash",
            sa.LargeBinary,
            sa.Computed("sha256(ST_AsBinary(ST_Normalize(geom)))", persisted=True),
            nullable=False,
        ),
        sa.Column("osm_id", sa.BigInteger),
        sa.Column("osm_type", sa.Text),
        sa.Column("tags", JSONB),
        sa.Column("created_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.ForeignKeyConstraint(["aoi_id"], ["aois.id"], name="fk_labels_aoi_id_aois", ondelete="CASCADE"),
        sa.UniqueConstraint("aoi_id", "geom_hash", name="uq_labels_aoi_id"),
    )
    op.create_index("idx_labels_geom", "labels", ["geom"], postgresql_using="gist")
    op.create_index("ix_labels_osm_id", "labels", ["osm_id"])
    op.create_table(
        "label_upload_parts",
        sa.Column("upload", sa.Text, primary_key=True),
        sa.Column("part", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("aoi_id", sa.BigInteger, nullable=False),
        sa.Column("features", JSONB, nullable=False),
        sa.ForeignKeyConstraint(["aoi_id"], ["aois.id"], name="fk_label_upload_parts_aoi_id_aois", ondelete="CASCADE"),
    )
    op.create_index("ix_label_upload_parts_aoi_id", "label_upload_parts", ["aoi_id"])


def _index_search() -> None:
    """`contains` on lower-case text. The extension is a trusted one: the owner of the database may create it. A server
    without it searches row by row."""
    known = "select 1 from pg_available_extensions where name = 'pg_trgm'"
    if not op.get_bind().exec_driver_sql(known).first():
        return
    op.execute("create extension if not exists pg_trgm")
    for table, columns in SEARCHED.items():
        for column in columns:
            op.execute(f"create index ix_{table}_{column}_trgm on {table} using gin (lower({column}) gin_trgm_ops)")


def downgrade() -> None:
    for table, columns in SEARCHED.items():
        for column in columns:
            op.execute(f"drop index if exists ix_{table}_{column}_trgm")
    op.drop_column("datasets", "offset")
    for table in ("label_upload_parts", "labels"):
        op.drop_table(table)
    op.drop_index("ix_aois_label_since")
    op.drop_constraint("ck_aois_label_status", "aois")
    for column in ("label_since", "label_run", "label_error", "label_fetched", "label_status"):
        op.drop_column("aois", column)
