"""What is there already survives a new release."""

import psycopg
from psycopg.types.json import Jsonb

from kit.db import migrations

KNOWN = (
    "insert into known_datasets (stac_id, dataset_id, user_id, visibility, deleted, facts, as_of)"
    " values (%s, %s, 7, 'private', false, %s, now())"
)
TASKS = "select facts->'label_tasks' from known_datasets order by dataset_id"


def test_versions_of_the_label_store_serve_classification(empty_database: str):
    """Datasets of the catalog serve what their makers said, and what nobody has told yet stays unknown."""
    migrations.upgrade("training", empty_database, "0009")
    with psycopg.connect(empty_database, autocommit=True) as database:
        for name, number, facts in (
            ("a", -2, Jsonb({"label_tasks": ["object-detection"]})), ("b", -1, None),
            ("c", 3, Jsonb({"label_tasks": ["object-detection"]})),
        ):  # fmt: skip
            database.execute(KNOWN, (name, number, facts))
        migrations.upgrade("training", empty_database)
        tasks = [row for (row,) in database.execute(TASKS)]
    assert tasks == [["object-detection", "classification"], None, ["object-detection"]]
