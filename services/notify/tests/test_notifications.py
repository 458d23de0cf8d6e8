import re
from itertools import count

import httpx
import pytest

from contracts.catalog.models import LocalModelPublished
from contracts.gateway import UserChanged
from contracts.notify import GetNotification, ListNotifications, MarkAllRead, MarkRead
from contracts.prediction import PredictionFailed, PredictionReady, PredictionStopped
from contracts.shared import Actor, Page
from contracts.training import TrainingCompleted, TrainingFailed, TrainingStopped
from kit.errors import NotFound
from kit.testing import STRANGER, Caller, eventually, example
from notify.notifications.domain import Recipient, draft_notification, subject_line

people = count(1000)


def failed(user_id: int, reason: str = "no label was found") -> TrainingFailed:
    return TrainingFailed(training_id=3, user_id=user_id, model_name="roofs", reason=reason)


async def listed(caller: Caller, actor: Actor, **filters) -> dict:
    return await caller.ask(ListNotifications(**filters), actor)


async def told(caller: Caller, times: int = 1) -> Actor:
    """A new person with that many notifications."""
    person = Actor(id=next(people), username="person")
    for _ in range(times):
        await caller.publish(failed(person.id))
    await eventually(lambda: _has(caller, person, times))
    return person


async def _has(caller: Caller, actor: Actor, number: int) -> bool:
    return (await listed(caller, actor))["count"] == number


@pytest.mark.spec("11.1", "message")
async def test_failure_reaches_its_user_with_the_reason(running, caller: Caller):
    person = await told(caller)
    row = (await listed(caller, person))["results"][0]
    assert row["message"] == "Training 3 of roofs failed. no label was found"
    assert (await listed(caller, STRANGER))["count"] == 0


@pytest.mark.spec("17.6", "read is never unread")
@pytest.mark.spec("11.1", "read_at of the first marking, is_read, read_at, id")
async def test_marking_read_keeps_the_first_time(running, caller: Caller):
    person = await told(caller)
    row = (await listed(caller, person))["results"][0]
    first = (await caller.send(MarkRead(notification_id=row["id"]), person)).result
    assert first["is_read"]
    assert first["read_at"] == (await caller.send(MarkRead(notification_id=row["id"]), person)).result["read_at"]


@pytest.mark.spec("11.1", "mark-all sets read_at, filter is_read")
async def test_mark_all_sets_read_at(running, caller: Caller):
    person = await told(caller, 3)
    await caller.send(MarkAllRead(), person)
    rows = (await listed(caller, person, is_read=True))["results"]
    assert [bool(row["read_at"]) for row in rows] == [True] * 3
    assert (await listed(caller, person, is_read=False))["count"] == 0


@pytest.mark.spec("22.8", "mark-all 404 when nothing is unread")
async def test_first_generation_is_told_when_nothing_is_unread(running, caller: Caller):
    person = await told(caller, 2)
    assert (await caller.send(MarkAllRead(missed=True), person)).result == {"detail": "ok"}
    assert (await caller.send(MarkAllRead(missed=True), person)).code == "nothing_unread"
    assert (await caller.send(MarkAllRead(), person)).result == {"detail": "ok"}


@pytest.mark.spec("11.1", "related_obj")
async def test_what_it_is_about_and_the_model_that_belongs_to(running, caller: Caller):
    person = Actor(id=next(people), username="person")
    published = example(LocalModelPublished)
    await caller.publish(published.model_copy(update={"user_id": person.id}))
    await eventually(lambda: _has(caller, person, 1))
    stac_id = published.facts.stac_item_id
    await caller.publish(PredictionFailed(prediction_id=8, user_id=person.id, model_stac_id=stac_id, reason="no tile"))
    await eventually(lambda: _has(caller, person, 2))
    await caller.publish(PredictionFailed(prediction_id=9, user_id=person.id, model_stac_id="base", reason="no tile"))
    await caller.publish(failed(person.id).model_copy(update={"local_model": 77}))
    await eventually(lambda: _has(caller, person, 4))
    rows = (await listed(caller, person))["results"]
    about = [row["related_obj"] for row in rows]
    assert [row["training_model"] for row in rows] == [one["model"] for one in about]
    number = published.model_id
    wanted = [("local_model", number, number), ("prediction", 8, number), ("prediction", 9, None), ("training", 3, 77)]
    assert {(one["type"], one["id"], one["model"]) for one in about} == set(wanted)


async def test_pages(running, caller: Caller):
    person = await told(caller, 3)
    page = await listed(caller, person, page=Page(limit=2, offset=2))
    assert (page["count"], len(page["results"])) == (3, 1)


@pytest.mark.spec("11.1", "own rows only")
async def test_others_do_not_see_it(running, caller: Caller):
    person = await told(caller)
    row = (await listed(caller, person))["results"][0]
    with pytest.raises(NotFound):
        await caller.ask(GetNotification(notification_id=row["id"]), STRANGER)
    assert (await caller.send(MarkRead(notification_id=row["id"]), STRANGER)).code == "notification_not_found"


@pytest.mark.spec("11.2", "mail by choice")
async def test_mail_goes_out_once_to_those_who_want_it(running, caller: Caller, worker, mailbox):
    person = Actor(id=next(people), username="reader")
    address = await mailed(running, caller, person.id)
    await caller.publish(failed(person.id))
    mails = await eventually(lambda: _mails(mailbox[0], address))
    assert len(mails) == 1
    assert (mails[0]["subject"], mails[0]["to"]) == ("fAIr : Training 3 failed", [address])
    assert "Training 3 of roofs failed" in mails[0]["text"]


async def mailed(running, caller: Caller, user_id: int, verified: bool = True, email: str = "") -> str:
    """The address of a user who wants mails."""
    address = email or f"reader{user_id}@example.org"
    event = UserChanged(
        user_id=user_id, username="reader", email=address, email_verified=verified, delivery_methods=["web", "email"]
    )
    await caller.publish(event)
    await eventually(lambda: _known(running, user_id))
    return address


async def _known(service, user_id: int) -> bool:
    async with service.db.raw() as connection:
        return bool((await connection.execute("select 1 from known_users where id = %s", (user_id,))).rowcount)


async def _mails(address: str, to: str) -> list[dict]:
    async with httpx.AsyncClient() as client:
        found = (await client.get(f"{address}/messages")).json()
    return [mail for mail in found if to in str(mail["to"])]


@pytest.mark.spec("11.2", "message cut to 500")
def test_long_messages_are_cut():
    assert len(draft_notification(1, "training", 1, "failed", "x" * 600).message) == 500


WORDS = "Free money\r\nBcc: all@map.example. Go to http://spam.example"
"""What somebody calls their dataset."""


@pytest.mark.parametrize("about", ["dataset", "base_model", "local_model", "training", "prediction", "webhook"])
@pytest.mark.parametrize("slug", ["completed", "failed", "mapswipe-created"])
def test_subject_holds_our_words_alone(about, slug):
    subject = subject_line(draft_notification(1, about, 12, slug, f"{about} {WORDS} is ready.", WORDS))
    assert re.fullmatch(r"fAIr : [A-Z][a-z ]+ 12 [a-z ]+", subject)
    assert not any(word in subject for word in ("Free", "Bcc", "spam"))


@pytest.mark.spec("11.2", "mail by choice")
@pytest.mark.parametrize(
    ("address", "verified", "may"),
    [
        ("a@b.example", True, True), ("a@b.example", False, False), ("", True, False),
        ("a@b.example, c@d.example", True, False), ("a@b.example\r\nBcc: c@d.example", True, False),
        ("A <a@b.example>", True, False),
    ],
)  # fmt: skip
def test_mail_needs_one_proven_address(address, verified, may):
    assert Recipient(address, verified, ("email",)).may_be_mailed is may


@pytest.mark.spec("11.1", "id, message, is_read, created_at, read_at")
@pytest.mark.spec("11.2", "every terminal transition")
@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (TrainingCompleted, "is completed"), (TrainingFailed, "failed"), (TrainingStopped, "was cancelled"),
        (PredictionReady, "is ready"), (PredictionFailed, "failed"), (PredictionStopped, "was cancelled"),
    ],
)  # fmt: skip
async def test_every_end_of_a_run_is_told(running, caller: Caller, kind, words):
    person = Actor(id=next(people), username="person")
    await caller.publish(example(kind).model_copy(update={"user_id": person.id}))
    await eventually(lambda: _has(caller, person, 1))
    row = (await listed(caller, person))["results"][0]
    assert words in row["message"]
    assert row.keys() == {"id", "message", "is_read", "created_at", "read_at", "related_obj", "training_model"}
    assert (row["is_read"], row["read_at"], row["created_at"][:2]) == (False, None, "20")


@pytest.mark.spec("11.1", "newest first")
async def test_newest_comes_first(running, caller: Caller):
    person = await told(caller, 1)
    await caller.publish(failed(person.id).model_copy(update={"training_id": 4}))
    await eventually(lambda: _has(caller, person, 2))
    messages = [row["message"] for row in (await listed(caller, person))["results"]]
    assert ["Training 4" in messages[0], "Training 3" in messages[1]] == [True, True]
