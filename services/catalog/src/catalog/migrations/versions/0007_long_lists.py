"""What keeps long lists quick: who sees an AOI and how many a dataset has are told by one row, and the orders of lists
are indexes that hold all that visibility and filters ask."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGGERS = """
create function aois_follow_dataset() returns trigger language plpgsql as $$
begin
  select visibility = 'public' into new.is_public from datasets where id = new.dataset_id for no key update;
  new.is_public := coalesce(new.is_public, false);
  return new;
end $$;
create function datasets_count_aois() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' and old.dataset_id is not null then
    update datasets set aoi_count = aoi_count - 1 where id = old.dataset_id;
  end if;
  if tg_op <> 'DELETE' and new.dataset_id is not null then
    update datasets set aoi_count = aoi_count + 1 where id = new.dataset_id;
  end if;
  return null;
end $$;
create function datasets_tell_aois() returns trigger language plpgsql as $$
begin
  update aois set is_public = new.visibility = 'public' where dataset_id = new.id;
  return null;
end $$;
create trigger aois_inserted before insert on aois for each row
  when (new.dataset_id is not null) execute function aois_follow_dataset();
create trigger aois_moving before update of dataset_id on aois for each row
  when (old.dataset_id is distinct from new.dataset_id) execute function aois_follow_dataset();
create trigger aois_counted_in after insert on aois for each row
  when (new.dataset_id is not null) execute function datasets_count_aois();
create trigger aois_counted_over after update of dataset_id on aois for each row
  when (old.dataset_id is distinct from new.dataset_id) execute function datasets_count_aois();
create trigger aois_counted_out after delete on aois for each row
  when (old.dataset_id is not null) execute function datasets_count_aois();
create trigger datasets_shown after update of visibility on datasets for each row
  when (old.visibility is distinct from new.visibility) execute function datasets_tell_aois();
"""
"""An AOI without a dataset fires none of them. The row of the dataset is locked, so that whoever changes its visibility
and whoever adds an AOI to it see each other."""
INDEXES = """
create index ix_aois_listed on aois (id) include (is_public, user_id);
create index ix_aois_owned on aois (user_id, id) include (is_public);
create index ix_aois_loose on aois (id) where dataset_id is null;
create index ix_datasets_newest on datasets (created_at, id) include (visibility, user_id, status);
create index ix_datasets_modified on datasets (last_modified, id) include (visibility, user_id, status);
create index ix_datasets_starred on datasets (star_count, id) include (visibility, user_id, status);
create index ix_datasets_seen on datasets (visibility, status) include (aoi_count);
create index ix_datasets_owned on datasets (user_id, visibility, status);
drop index ix_datasets_star_count;
drop index ix_datasets_created_at;
drop index ix_datasets_last_modified;
drop index ix_datasets_visibility;
drop index ix_datasets_user_id;
drop index ix_aois_user_id;
"""
FILL = """
update aois set is_public = true from datasets where datasets.id = dataset_id and visibility = 'public';
update datasets set aoi_count = n from (select dataset_id, count(*) as n from aois group by 1) as counted
  where counted.dataset_id = id;
"""


def upgrade() -> None:
    op.add_column("aois", sa.Column("is_public", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("datasets", sa.Column("aoi_count", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(FILL)
    op.execute(TRIGGERS)
    op.execute(INDEXES)


def downgrade() -> None:
    for table, name in (
        ("datasets", "datasets_shown"), ("aois", "aois_counted_out"), ("aois", "aois_counted_over"),
        ("aois", "aois_counted_in"), ("aois", "aois_moving"), ("aois", "aois_inserted"),
    ):  # fmt: skip
        op.execute(f"drop trigger {name} on {table}")
    for function in ("datasets_tell_aois", "datasets_count_aois", "aois_follow_dataset"):
        op.execute(f"drop function {function}()")
    for table, columns in (("aois", ["user_id"]), ("datasets", ["star_count", "created_at", "last_modified",
                                                                "visibility", "user_id"])):  # fmt: skip
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column])
    for name in ("aois_listed", "aois_owned", "aois_loose", "datasets_newest", "datasets_modified", "datasets_starred",
                 "datasets_seen", "datasets_owned"):  # fmt: skip
        op.execute(f"drop index ix_{name}")
    op.drop_column("datasets", "aoi_count")
    op.drop_column("aois", "is_public")
