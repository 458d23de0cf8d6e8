"""Runs, names of models, loss series, copies of the catalog's facts; inbox and outbox."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.migrations import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
ACTIVE = "status NOT IN ('completed', 'failed', 'cached', 'retried', 'stopped')"


def _id() -> sa.Column:
    return sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True)


def _text(name: str, **options: Any) -> sa.Column:
    return sa.Column(name, sa.Text, **{"nullable": False, **options})


def _number(name: str, **options: Any) -> sa.Column:
    return sa.Column(name, sa.BigInteger, **{"nullable": False, **options})


def _time(name: str, **options: Any) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), **options)


def _json(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, JSONB, nullable=nullable)


def _flag(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def upgrade() -> None:
    create_messaging_tables()
    _create_names()
    _create_trainings()
    _create_epochs()
    _create_copies()


def _create_names() -> None:
    op.create_table(
        "model_names", _id(), _text("name"), _number("user_id"), _text("base_model_stac_id"),
        _text("visibility", server_default="private"), _time("visibility_as_of"),
        _time("created_at", nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("name", name="uq_model_names_name"),
    )  # fmt: skip
    op.create_index("ix_model_names_user_id", "model_names", ["user_id"])


def _create_trainings() -> None:
    op.create_table(
        "trainings", _id(), _text("zenml_run_id", nullable=True), _number("local_model"), _text("model_name"),
        _text("base_model_stac_id"), _number("dataset"), _text("dataset_stac_id"), _json("overrides"),
        _json("hyperparameters"), _json("plan"), _text("title"), _json("keywords"), _text("description"),
        _text("status"), _text("error", server_default=""), _number("user_id"), _text("username"),
        _time("submitted_at", nullable=False), _time("last_polled_at"), _number("attempt", server_default="1"),
        _number("first_attempt", server_default="1"), _flag("graceful"), _time("queued_at", nullable=False),
        _time("started_at"), _time("heartbeat_at"), _time("deadline_at"), _time("ended_at"),
        _json("outcome", nullable=True),
        sa.UniqueConstraint("zenml_run_id", name="uq_trainings_zenml_run_id"),
        sa.ForeignKeyConstraint(["local_model"], ["model_names.id"], name="fk_trainings_local_model_model_names"),
    )  # fmt: skip
    for column in ("local_model", "dataset", "status", "user_id", "submitted_at", "last_polled_at"):
        op.create_index(f"ix_trainings_{column}", "trainings", [column])
    op.create_index("ix_trainings_active", "trainings", ["id"], postgresql_where=sa.text(ACTIVE))


def _create_epochs() -> None:
    op.create_table(
        "epochs", _number("training_id", primary_key=True), _number("attempt", primary_key=True),
        _number("epoch", primary_key=True), _number("epochs"), _json("values"),
        _time("at", nullable=False, server_default=sa.func.now()),
        sa.ForeignKeyConstraint(
            ["training_id"], ["trainings.id"], name="fk_epochs_training_id_trainings", ondelete="CASCADE"
        ),
    )  # fmt: skip


def _create_copies() -> None:
    op.create_table(
        "known_base_models", _text("stac_item_id", primary_key=True), _number("model_id"), _number("user_id"),
        _text("visibility"), _json("facts"), _time("as_of", nullable=False),
    )  # fmt: skip
    op.create_table(
        "known_datasets", _text("stac_id", primary_key=True), _number("dataset_id"), _number("user_id"),
        _text("visibility"), _flag("deleted"), _json("facts", nullable=True), _time("as_of", nullable=False),
    )  # fmt: skip
    op.create_index("ix_known_datasets_dataset_id", "known_datasets", ["dataset_id"])
    op.create_table(
        "known_users", _number("id", primary_key=True, autoincrement=False), _text("username"),
        _time("as_of", nullable=False),
    )  # fmt: skip


def downgrade() -> None:
    for table in (
        "known_users", "known_datasets", "known_base_models", "epochs", "trainings", "model_names", "outbox", "inbox",
    ):  # fmt: skip
        op.drop_table(table)
