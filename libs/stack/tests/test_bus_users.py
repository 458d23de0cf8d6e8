"""The users of the embedded bus: what the server refuses, and what it lets pass."""

import asyncio
import json
import os
import subprocess
from contextlib import asynccontextmanager

import nats
import pytest
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import ConsumerConfig

from contracts.nats_permissions import USERS, inbox_prefix
from kit.messaging.topology.apply import apply, durables
from kit.testing import eventually
from stack import down, up
from stack.home import REPOSITORY, Home
from stack.nats import binary
from stack.platform.settings import bus

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]
USERS_FILE = REPOSITORY / "deploy" / "nats" / "users.conf"
CATALOG = "EVENTS.catalog-events-v1"

REFUSED = [
    ("training", "cmd.training.v1.submit_training.1"),
    ("training", "evt.catalog.v1.aoi_created"),
    ("training", "live.catalog.v1.label_progress.1"),
    ("training", "dead.catalog"),
    ("training", f"$JS.API.CONSUMER.MSG.NEXT.{CATALOG}"),
    ("training", f"$JS.ACK.{CATALOG}.1.1.1.1.1"),
    ("training", "$JS.API.STREAM.MSG.GET.COMMANDS"),
    ("training", "$JS.API.DIRECT.GET.COMMANDS"),
    ("training", "$JS.API.STREAM.CREATE.MINE"),
    ("training", "$JS.API.CONSUMER.CREATE.COMMANDS"),
    ("training", "$JS.API.STREAM.PURGE.EVENTS"),
    ("gateway", "$JS.API.STREAM.PURGE.EVENTS"),
    ("gateway", f"$JS.API.CONSUMER.MSG.NEXT.{CATALOG}"),
    ("gateway", f"$JS.API.CONSUMER.CREATE.{CATALOG}"),
    ("gateway", f"$JS.API.CONSUMER.DELETE.{CATALOG}"),
    ("gateway", "$JS.API.CONSUMER.CREATE.EVENTS"),
    ("gateway", "$JS.API.CONSUMER.CREATE.COMMANDS.mine"),
    ("provision", "cmd.catalog.v1.create_aoi.1"),
    ("provision", "evt.catalog.v1.aoi_created"),
    ("provision", f"$JS.API.CONSUMER.MSG.NEXT.{CATALOG}"),
]
UNHEARD = [
    ("training", "_INBOX.gateway.>"), ("training", "_INBOX.>"), ("training", ">"), ("training", "cmd.>"),
    ("training", "evt.>"), ("training", "qry.catalog.>"), ("training", "live.>"), ("gateway", "cmd.>"),
    ("gateway", "_INBOX.catalog.>"), ("provision", "evt.>"),
]  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory, clean_environment):
    home = Home(tmp_path_factory.mktemp("bus"))
    env = up({"nats"}, home=home)
    asyncio.run(_provisioned(env))
    yield env
    down(home=home)


async def _provisioned(env) -> None:
    """By the user of that name, as the rooms do."""
    async with connected(env, "provision") as (nc, errors):
        from contracts.catalog.areas import CreateAoi
        from contracts.gateway import UserChanged

        heard = {"commands": [CreateAoi], "events": [UserChanged]}
        await apply(nc.jetstream(timeout=5), durables("catalog", heard), replicas=1)
        await apply(nc.jetstream(timeout=5), durables("catalog", heard), replicas=1)
    assert not errors


@asynccontextmanager
async def connected(env, user: str):
    errors: list[str] = []

    async def error(problem: Exception) -> None:
        errors.append(str(problem))

    nc = await nats.connect(bus(env, user), inbox_prefix=inbox_prefix(user), error_cb=error)
    try:
        yield nc, errors
    finally:
        await nc.close()


@pytest.mark.parametrize(("user", "subject"), REFUSED)
async def test_publishing_is_refused(place, user: str, subject: str):
    async with connected(place, user) as (nc, errors):
        await nc.publish(subject, b"{}")
        await eventually(lambda: errors)
        assert [f'permissions violation for publish to "{subject.lower()}"' in error for error in errors] == [True]


@pytest.mark.parametrize(("user", "subject"), UNHEARD)
async def test_listening_is_refused(place, user: str, subject: str):
    async with connected(place, user) as (nc, errors):
        await nc.subscribe(subject)
        await eventually(lambda: errors)
        assert ["permissions violation for subscription" in error for error in errors] == [True]


@pytest.mark.parametrize("user", ["catalog", "gateway"])
async def test_own_facts_are_stored_and_acknowledged(place, user: str):
    async with connected(place, user) as (nc, errors):
        await nc.jetstream(timeout=5).publish(f"evt.{user}.v1.something", b"{}")
        assert not errors


async def test_a_command_is_taken_by_its_owner(place):
    async with connected(place, "gateway") as (gateway, errors), connected(place, "catalog") as (catalog, others):
        await gateway.jetstream(timeout=5).publish("cmd.catalog.v1.create_aoi.1", b"{}")
        durable = await catalog.jetstream(timeout=5).pull_subscribe_bind("catalog-commands-v1", "COMMANDS")
        [message] = await durable.fetch(1, timeout=5)
        await message.in_progress()
        await message.ack_sync(timeout=5)
        assert not errors + others


async def test_a_page_of_the_gateway_hears_events(place):
    async with connected(place, "gateway") as (nc, errors):
        js = nc.jetstream(timeout=5)
        heard = await js.subscribe("", stream="EVENTS", ordered_consumer=True, config=ConsumerConfig(name="page"))
        await js.publish("evt.gateway.v1.something", b"heard")
        while (await heard.next_msg(timeout=5)).data != b"heard":
            pass
        assert not errors


async def test_the_gateway_cannot_change_a_durable_under_another_name(place):
    """The server takes the name of a consumer from the subject, where permissions see it."""
    async with connected(place, "gateway") as (nc, errors):
        config = {"name": "catalog-events-v1", "deliver_policy": "all", "ack_policy": "explicit"}
        body = json.dumps({"stream_name": "EVENTS", "config": config}).encode()
        answer = json.loads((await nc.request("$JS.API.CONSUMER.CREATE.EVENTS.page", body, 5)).data)
        assert "error" in answer
        assert not errors
    async with connected(place, "catalog") as (nc, _):
        info = await nc.jetstream(timeout=5).consumer_info("EVENTS", "catalog-events-v1")
        assert info.config.durable_name == "catalog-events-v1"


async def test_without_a_password_there_is_no_way_in(place):
    address = place["NATS__URL"].rpartition("@")[2]
    for url in (f"nats://{address}", f"nats://training:wrong@{address}"):
        with pytest.raises((nats.errors.Error, NatsTimeout)):
            await nats.connect(url, allow_reconnect=False, connect_timeout=2)


async def test_the_operator_may_do_everything(place):
    nc = await nats.connect(place["NATS__URL"])
    await nc.jetstream(timeout=5).publish("evt.catalog.v1.aoi_created", b"{}")
    await nc.close()


def test_a_server_from_outside_has_one_address_or_one_for_each(place, tmp_path, monkeypatch):
    monkeypatch.setenv("NATS__URL", "nats://elsewhere:4222")
    monkeypatch.setenv("NATS__URL_TRAINING", "nats://training:pass@elsewhere:4222")
    env = up({"nats"}, home=Home(tmp_path))
    assert {user: bus(env, user) for user in ("training", "catalog", "provision")} == {
        "training": "nats://training:pass@elsewhere:4222",
        "catalog": "nats://elsewhere:4222",
        "provision": "nats://elsewhere:4222",
    }


def test_a_server_of_an_operator_reads_the_users(tmp_path):
    config = tmp_path / "nats.conf"
    config.write_text(f"listen: 4222\ninclude {os.path.relpath(USERS_FILE, tmp_path)}\n")
    passwords = {f"FAIRWAY_NATS_{user.upper()}_PASSWORD": "f1" for user in USERS}
    check = [binary(), "-t", "-c", config]
    assert subprocess.run(check, env=passwords, capture_output=True, check=False).returncode == 0
    del passwords["FAIRWAY_NATS_NOTIFY_PASSWORD"]
    assert subprocess.run(check, env=passwords, capture_output=True, check=False).returncode != 0


def test_each_user_has_a_password_of_its_own(place):
    assert len({bus(place, user) for user in USERS} | {place["NATS__URL"]}) == len(USERS) + 1
