"""The processes as users of the bus, each with its own permissions."""

from uuid import uuid4

import httpx
import nats
import pytest

from contracts import headers as h
from contracts.catalog.areas import CreateAoi
from contracts.catalog.labels import LabelsStored
from contracts.nats_permissions import USERS
from kit.messaging.envelope import SERVICE, headers_of, new_id
from kit.testing import example
from stack.platform.settings import ROOMS
from tests.e2e.conftest import Platform
from tests.e2e.faults import until

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def http(platform: Platform):
    with httpx.Client(base_url=platform.url, headers={"Authorization": f"Bearer {platform.token}"}) as client:
        yield client


def letters(http: httpx.Client) -> list[dict]:
    """Newest first."""
    return http.get("/dead-letters/").raise_for_status().json()["results"]


def test_every_process_is_the_user_of_its_room(platform: Platform):
    monitor = f"http://127.0.0.1:{platform.home.port('nats-monitor')}/connz?auth=1"
    connections = httpx.get(monitor, trust_env=False).json()["connections"]
    named = [connection for connection in connections if "name" in connection]  # those of tests have none
    users = {connection["name"].rpartition("-")[0]: connection["authorized_user"] for connection in named}
    assert users == {room: room for room in ROOMS}
    addresses = {platform.env[f"NATS__URL_{user.upper()}"] for user in USERS}
    assert len(addresses) == len(USERS)


async def _poison(platform: Platform) -> None:
    key = str(uuid4())
    headers = {h.ID: key, h.TYPE: CreateAoi.ce_type(), h.ACTOR: '{"id":1,"username":"x","roles":[]}'}
    connection = await nats.connect(platform.env["NATS__URL"])
    await connection.jetstream().publish(CreateAoi.subject(key), b'{"geometry": 6}', headers=headers)
    await connection.close()


async def test_a_dead_letter_reaches_its_owner_again(platform: Platform, http: httpx.Client):
    """The catalog sets it aside once more, which makes another letter."""
    before = {letter["id"] for letter in letters(http)}
    await _poison(platform)
    await until(lambda: {letter["id"] for letter in letters(http)} - before, 30)
    first = letters(http)[0]["id"]
    http.post(f"/dead-letters/{first}/replay/").raise_for_status()
    await until(lambda: {letter["id"] for letter in letters(http)} - before - {first}, 30)


async def test_a_page_hears_of_what_it_missed(platform: Platform, http: httpx.Client):
    """The stream is read again, beside what is heard now."""
    event = example(LabelsStored).model_copy(update={"user_id": 1})
    connection = await nats.connect(platform.env["NATS__URL"])
    stored = await connection.jetstream().publish(
        event.subject(), event.model_dump_json().encode(), headers=headers_of(event, "catalog", SERVICE, new_id())
    )
    await connection.close()
    after = {"last-event-id": str(stored.seq - 1)}
    with http.stream("GET", "/events/", headers=after, timeout=10) as answer:
        assert any(line == f"event: {LabelsStored.wire}" for line in answer.iter_lines())


def test_nothing_of_this_was_refused(platform: Platform):
    assert platform.refused() == []
