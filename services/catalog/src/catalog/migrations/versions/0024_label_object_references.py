"""The label store: references of objects are checked once per statement, not once per row."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None
REFERENCES = {"campaign_image_id": "campaign_images", "submission_id": "submissions"}
_MISSING = " OR ".join(
    f"EXISTS (SELECT FROM (SELECT DISTINCT {column} AS id FROM added) a"
    f" WHERE NOT EXISTS (SELECT FROM labelstore.{table} r WHERE r.id = a.id))"
    for column, table in REFERENCES.items()
)
_FUNCTION = f"""CREATE FUNCTION labelstore.check_objects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {_MISSING} THEN
        RAISE foreign_key_violation USING MESSAGE = 'An object needs its campaign image and its submission.',
            CONSTRAINT = 'check_objects';
    END IF;
    RETURN NULL;
END $$"""


def upgrade() -> None:
    for column, table in REFERENCES.items():
        op.execute(f"ALTER TABLE labelstore.objects DROP CONSTRAINT fk_objects_{column}_{table}")
    op.execute(_FUNCTION)
    op.execute(
        "CREATE TRIGGER check_objects AFTER INSERT ON labelstore.objects REFERENCING NEW TABLE AS added"
        " FOR EACH STATEMENT EXECUTE FUNCTION labelstore.check_objects()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER check_objects ON labelstore.objects")
    op.execute("DROP FUNCTION labelstore.check_objects()")
    for column, table in REFERENCES.items():
        op.execute(
            f"ALTER TABLE labelstore.objects ADD CONSTRAINT fk_objects_{column}_{table}"
            f" FOREIGN KEY ({column}) REFERENCES labelstore.{table} (id)"
        )
