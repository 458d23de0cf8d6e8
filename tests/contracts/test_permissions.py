"""Who may say and hear what: every message reaches its readers, and nobody can say what is another's to say."""

from itertools import product

import pytest

from contracts import OWNERS
from contracts.base import Command, Message, Query
from contracts.nats_permissions import PROVISION, USERS, batch_subject, permissions
from contracts.notify.samples import SUBJECT
from contracts.registry import all_messages
from contracts.streams import CHANNELS, COMMANDS, STREAMS
from kit.messaging.topology.apply import Durable
from tests.contracts.rooms import readers, services

MANAGING = [f"STREAM.{verb}.EVENTS" for verb in ("CREATE", "UPDATE", "DELETE", "PURGE", "MSG.DELETE")] + [
    "CONSUMER.CREATE.EVENTS",
    "CONSUMER.CREATE.EVENTS.catalog-events-v1",
    "CONSUMER.CREATE.EVENTS.catalog-events-v1.evt.>",
    "CONSUMER.DURABLE.CREATE.EVENTS.mine",
    "CONSUMER.DELETE.EVENTS.catalog-events-v1",
]


def fits(pattern: str, subject: str) -> bool:
    """As nats-server compares: `*` is one token, `>` one or more at the end."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted, given = wanted[:-1], given[: len(wanted) - 1] if len(given) >= len(wanted) else []
    return len(wanted) == len(given) and all(w in ("*", g) for w, g in zip(wanted, given, strict=True))


def says(user: str, subject: str) -> bool:
    may = permissions(user)
    return any(fits(p, subject) for p in may.publish) and not any(fits(p, subject) for p in may.never)


def hears(user: str, subject: str) -> bool:
    return any(fits(pattern, subject) for pattern in permissions(user).subscribe)


def subject(message: type[Message]) -> str:
    return message.subject("7") if message.kind in ("cmd", "live") else message.subject()


def senders(message: type[Message]) -> set[str]:
    """The gateway is among those of events and jobs, because it sends dead letters again."""
    if issubclass(message, Query):
        return set(OWNERS)
    if issubclass(message, Command):
        return {"gateway"}
    return {message.owner(), *(["gateway"] if message.kind in ("evt", "job") else [])}


@pytest.mark.parametrize("name", sorted(all_messages()))
def test_a_message_is_said_by_its_senders_and_by_nobody_else(name: str):
    message = all_messages()[name]
    assert {user for user in USERS if says(user, subject(message))} == senders(message)


@pytest.mark.parametrize("name", sorted(name for name, m in all_messages().items() if m.kind in ("qry", "live")))
def test_what_no_stream_keeps_is_heard_by_its_readers_and_by_nobody_else(name: str):
    message = all_messages()[name]
    listeners = {reader for reader, _ in readers()[name]} if issubclass(message, Query) else {"gateway"}
    assert {user for user in USERS if hears(user, subject(message))} == listeners


@pytest.mark.parametrize(("kind", "askers"), [("queries", set(OWNERS)), ("commands", {"gateway"})])
def test_batches_are_sent_as_their_members_would_be(kind, askers: set[str]):
    for owner in OWNERS:
        assert {user for user in USERS if says(user, batch_subject(owner, kind))} == askers
        assert {user for user in USERS if hears(user, batch_subject(owner, kind))} == {owner}


def durables() -> list[tuple[str, Durable]]:
    return [(name, one) for name, service in services().items() for one in service.durables]


@pytest.mark.parametrize(("service", "one"), durables(), ids=lambda value: getattr(value, "name", value))
def test_a_durable_is_read_by_its_service_and_by_nobody_else(service: str, one: Durable):
    place = f"{one.group.stream}.{one.name}"
    for use in (f"$JS.API.CONSUMER.MSG.NEXT.{place}", f"$JS.ACK.{place}.1.2.3.4.5"):
        assert [user for user in USERS if says(user, use)] == [service]
    looks = {"gateway"} if one.group.stream == COMMANDS.name else set()  # up to which place commands are judged
    assert {user for user in USERS if says(user, f"$JS.API.CONSUMER.INFO.{place}")} == {service, PROVISION, *looks}


@pytest.mark.parametrize(("user", "verb"), product(OWNERS, MANAGING))
def test_no_service_manages_streams_and_durables(user: str, verb: str):
    assert not says(user, f"$JS.API.{verb}")


@pytest.mark.parametrize("verb", ["CREATE", "UPDATE", "DELETE", "PURGE"])
def test_provision_manages_every_stream(verb: str):
    assert all(says(PROVISION, f"$JS.API.STREAM.{verb}.{stream.name}") for stream in STREAMS)


@pytest.mark.parametrize("user", USERS)
def test_answers_are_heard_by_whom_they_are_for(user: str):
    assert [other for other in USERS if hears(other, f"_INBOX.{user}.x.1")] == [user]
    assert not hears(user, "_INBOX.>")
    assert all(says(owner, f"_INBOX.{user}.x.1") for owner in OWNERS)


@pytest.mark.parametrize("user", USERS)
def test_streams_are_read_through_durables_only(user: str):
    assert not any(hears(user, told) for told in ("cmd.>", "evt.>", "job.>", "dead.>", "cmd.catalog.v1.create_aoi.7"))
    assert [one for one in USERS if says(one, "$JS.API.STREAM.MSG.GET.COMMANDS")] == ["gateway"]
    assert not says(user, "$JS.API.DIRECT.GET.COMMANDS")


def test_each_service_sets_its_own_messages_aside_and_wakes_its_own_relay():
    for kind, one in product(("dead", "wake"), OWNERS):
        assert [user for user in USERS if says(user, f"{kind}.{one}")] == [one]
    assert all(hears(one, f"wake.{one}") for one in OWNERS)


@pytest.mark.parametrize("user", OWNERS)
def test_a_service_makes_again_its_own_durables_only(user: str):
    assert [owner for owner in OWNERS if says(user, f"$JS.API.CONSUMER.DURABLE.CREATE.EVENTS.{owner}-events-v1")] == [
        user
    ]


def test_commands_are_let_go_by_the_gateway_only_and_samples_by_their_recorder_only():
    beside = {COMMANDS: {"gateway"}, CHANNELS: {"notify"}}
    for stream in STREAMS:
        allowed = {user for user in USERS if says(user, f"$JS.API.STREAM.PURGE.{stream.name}")}
        assert allowed == {PROVISION, *beside.get(stream, ())}


def test_every_service_sends_samples_and_only_the_gateway_reads_them_past_the_durable():
    assert {user for user in USERS if says(user, SUBJECT)} == set(OWNERS)
    assert not any(hears(user, SUBJECT) for user in USERS)
    assert [user for user in USERS if says(user, "$JS.API.CONSUMER.CREATE.CHANNELS.reader-1")] == [
        "gateway", PROVISION,
    ]  # fmt: skip
    assert [user for user in USERS if says(user, "$JS.API.CONSUMER.CREATE.CHANNELS.notify-samples-v1")] == [PROVISION]
