"""The label store: work is found by indices, however large its campaign is."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None
INDICES = {
    "ix_campaign_images_open": "campaign_images (campaign_id, uncertainty DESC NULLS LAST, id)"
    " WHERE NOT labeled AND review = 'open' AND truth_id IS NULL",
    "ix_campaign_images_leased_by": "campaign_images (leased_by) WHERE leased_by IS NOT NULL",
    "ix_campaign_images_rejected": "campaign_images (campaign_id, submitted_by) WHERE review = 'rejected'",
    "ix_campaign_images_truth": "campaign_images (campaign_id, id) WHERE truth_id IS NOT NULL",
    "ix_answers_actor_id": "answers (actor_id) WHERE submission_id IS NULL",
}


def upgrade() -> None:
    for name, what in INDICES.items():
        op.execute(f"CREATE INDEX {name} ON labelstore.{what}")


def downgrade() -> None:
    for name in INDICES:
        op.execute(f"DROP INDEX labelstore.{name}")
