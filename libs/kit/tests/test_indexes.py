"""Every statement on inbox and outbox has an index, however many rows there are."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from kit.messaging.delivery import inbox
from kit.messaging.outbox import outbox_metrics, relay

pytestmark = pytest.mark.usefixtures("schema")
KEY = {"message_id": uuid4(), "consumer": "toy-commands-v1"}
OLD = {"keep": timedelta(days=1), "limit": 100}
STATEMENTS: dict[str, tuple[Any, Any]] = {
    "verdict of a delivery": (inbox._STORED.sql, inbox._STORED.defaults | KEY),
    "status of a command": (inbox._BY_ID.sql, inbox._BY_ID.defaults | KEY | {"consumers": ["a", "b"]}),
    "last message of a consumer": (inbox._LAST.sql, KEY),
    "due events": (relay._DUE, (500,)),
    "age of the first event": (relay._AGE, None),
    "number of events": (outbox_metrics._COUNT, None),
    "mark": (relay._MARK, ([1, 2],)),
    "old events": (relay._PRUNE_OUTBOX, OLD),
    "old messages": (relay._PRUNE_INBOX, OLD),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_walks_through_a_table(database_url: str, name: str):
    statement, params = STATEMENTS[name]
    text = statement.decode() if isinstance(statement, bytes) else statement
    with psycopg.connect(database_url) as connection:
        connection.execute("set enable_seqscan = off")
        plan = "\n".join(row[0] for row in connection.execute(f"explain {text}", params))
    assert "Seq Scan" not in plan
    if "message_id" in text:
        condition = next(line for line in plan.splitlines() if "Index Cond" in line)
        assert "message_id" in condition
        assert "consumer" in condition
