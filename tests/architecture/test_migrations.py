"""What the migrations of every room must hold."""

import pytest
from alembic.script import ScriptDirectory

from kit.db.migrations import config, lower_messaging_vacuum_thresholds

ROOMS = ("gateway", "catalog", "training", "prediction", "notify")


@pytest.mark.parametrize("room", ROOMS)
def test_inbox_and_outbox_are_vacuumed_early(room: str):
    revisions = ScriptDirectory.from_config(config(room, "postgresql://nobody@nowhere/none")).walk_revisions()
    assert any(one.module.upgrade is lower_messaging_vacuum_thresholds for one in revisions)


@pytest.mark.parametrize("room", ROOMS)
def test_migrations_follow_each_other_by_number(room: str):
    """One head, so that `alembic upgrade head` knows where to go."""
    revisions = ScriptDirectory.from_config(config(room, "postgresql://nobody@nowhere/none")).walk_revisions()
    numbers = [int(one.revision) for one in revisions]
    assert numbers == list(range(len(numbers), 0, -1))
