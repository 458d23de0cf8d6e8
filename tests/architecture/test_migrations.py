"""What the migrations of every room must hold."""

import pytest
from alembic.script import ScriptDirectory

from kit.migrations import config, vacuum_messaging_tables_early

ROOMS = ("gateway", "catalog", "training", "prediction", "notify")


@pytest.mark.parametrize("room", ROOMS)
def test_inbox_and_outbox_are_vacuumed_early(room: str):
    revisions = ScriptDirectory.from_config(config(room, "postgresql://nobody@nowhere/none")).walk_revisions()
    assert any(one.module.upgrade is vacuum_messaging_tables_early for one in revisions)
