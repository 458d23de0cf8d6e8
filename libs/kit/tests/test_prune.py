"""What has served its time goes, as fast as it comes; what is younger stays."""

import time

import pytest
from toy import AddItem

from kit.messaging.outbox import relay
from kit.testing import Caller, eventually

pytestmark = pytest.mark.live
OLD = {
    "outbox": """insert into outbox (seq, subject, headers, data, created_at, published_at) overriding system value
        select n - 1000, 'evt.toy.v1.item_added', '{"prune": "old"}', '', now(), now() - interval '25 hours'
        from generate_series(1, %s) n""",
    "inbox": """insert into inbox (consumer, message_id, fingerprint, actor_id, received_at)
        select 'old', gen_random_uuid(), '', 7, now() - interval '32 days' from generate_series(1, %s)""",
}
YOUNG = {
    "outbox": OLD["outbox"].replace("25 hours", "23 hours").replace("old", "young").replace("- 1000", "- 100"),
    "inbox": OLD["inbox"].replace("32 days", "30 days").replace("old", "young"),
}
COUNT = {
    "outbox": "select count(*) from outbox where headers ->> 'prune' = %s",
    "inbox": "select count(*) from inbox where consumer = %s",
}


@pytest.mark.parametrize("table", ["outbox", "inbox"])
async def test_many_old_rows_go_one_batch_a_sweep(running, caller: Caller, sql, table, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(relay, "PRUNE_BATCH", 100)
    sql(OLD[table], 250)
    sql(YOUNG[table], 10)
    running.relay.prune_due = 0.0
    started = time.monotonic()
    while (left := sql(COUNT[table], "old")[0][0]) > 0:
        await caller.send(AddItem(name="wakes the relay"))
        assert left >= 250 - 100 * (1 + (time.monotonic() - started) // relay.SWEEP_INTERVAL), (
            "it pruned more often than it swept"
        )
        assert time.monotonic() - started < 10
    assert sql(COUNT[table], "young") == [(10,)]
    await eventually(lambda: running.relay.prune_due > time.monotonic() + relay.SWEEP_INTERVAL)
