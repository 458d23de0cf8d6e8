"""Versions of the label store serve classification as well."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
OF_LABEL_STORE = "dataset_id < 0 and facts is not null"


def upgrade() -> None:
    op.execute(f"""
        update known_datasets
        set facts = jsonb_set(facts, '{{label_tasks}}', facts->'label_tasks' || '["classification"]')
        where {OF_LABEL_STORE} and not facts->'label_tasks' ? 'classification'""")


def downgrade() -> None:
    op.execute(f"""
        update known_datasets set facts = jsonb_set(facts, '{{label_tasks}}', (facts->'label_tasks') - 'classification')
        where {OF_LABEL_STORE}""")
