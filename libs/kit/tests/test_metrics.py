"""What /metrics says is what happened: the guide's alarms rest on it."""

from uuid import uuid4

import httpx
import psycopg
import pytest
from prometheus_client import REGISTRY
from toy import AddItem, AddSoon, build

from kit.messaging.envelope import headers_of, subject_of
from kit.messaging.outbox.outbox_metrics import Backlog
from kit.testing import MAPPER, Caller, eventually, free_port, provisioned

pytestmark = pytest.mark.live
DURABLE = "toy-commands-v1"


def settled(kind: type, fate: str) -> float:
    labels = {"durable": DURABLE, "type": kind.ce_type(), "fate": fate}
    return REGISTRY.get_sample_value("fairway_messages_total", labels) or 0


async def test_expired_commands_are_counted(running, caller: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(AddSoon, "expires", -1.0)
    before = settled(AddSoon, "expired")
    assert (await caller.send(AddSoon(name="late"))).code == "expired"
    assert settled(AddSoon, "expired") == before + 1


async def test_buried_messages_are_counted(running, caller: Caller):
    before, command, key = settled(AddItem, "buried"), AddItem(name="x"), uuid4()
    headers = headers_of(command, "gateway", MAPPER, key)
    await caller.bus.js.publish(subject_of(command, key), b"{}", headers=headers)
    await eventually(lambda: settled(AddItem, "buried") == before + 1)


async def test_whole_backlog_is_counted(running, database_url: str):
    """More than one window of the relay; the rows are never committed."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.execute("lock table outbox in exclusive mode")  # the service may still be writing
        await connection.execute("delete from outbox where published_at is null")
        await connection.execute(
            "insert into outbox (subject, headers, data) select 'evt.toy.v1.x', '{}', '' from generate_series(1, 700)"
        )
        backlog = Backlog()
        await backlog.measure(connection, 500, 500)
        assert REGISTRY.get_sample_value("fairway_outbox_depth") == 700
        await backlog.measure(connection, 12, 500)
        assert REGISTRY.get_sample_value("fairway_outbox_depth") == 12
        await connection.rollback()


@pytest.mark.parametrize("verb", ["serve", "worker"])
async def test_processes_tell_what_the_guide_alarms_on(settings, schema, spawn, verb: str):
    await provisioned(build(settings))
    spawn(verb, HTTP__PORT=str(port := free_port()))
    names = ("fairway_loop_lag_seconds 0", 'fairway_consumer_pending{durable="toy-')

    async def told() -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
            except httpx.TransportError:
                return False
        return all(name in text for name in names)

    await eventually(told, 40)
