"""Mails about an account. The gateway is stood for by a responder: it alone knows the link, and only when asked."""

import json
from collections.abc import AsyncIterator
from itertools import count

import httpx
import nats
import pytest
import pytest_asyncio

from contracts.gateway import AccountDeletionRequested
from contracts.gateway.accounts import EmailVerificationRequested, GetVerificationLetter
from contracts.notify import CountUnread, MarkAllRead
from contracts.shared import Actor
from contracts.training import TrainingFailed
from contracts.verdict import Kind, Refused
from kit.testing import Caller, eventually
from notify.mails.jobs.delivery import MailDeliveryWorker
from notify.mails.ports import Email, Mailer
from notify.mails.smtp import LogMailer
from notify.main import build_worker
from notify.settings import Settings

people = count(5000)
LINK = "https://map.example/verify-email/?uid=NzA&token=secret-of-the-link"


@pytest_asyncio.fixture
async def gateway(nats_url: str) -> AsyncIterator[dict]:
    """What the gateway says of a user's letter, by user id."""
    connection, letters = await nats.connect(nats_url), {}

    async def answer(msg) -> None:
        letter = letters[json.loads(msg.data)["user_id"]]
        headers = {"fairway-refused": letter.kind} if isinstance(letter, Refused) else None
        await connection.publish(msg.reply, letter.model_dump_json().encode() if headers else letter, headers=headers)

    await connection.subscribe(GetVerificationLetter.subject(), cb=answer)
    await connection.flush()
    yield letters
    await connection.close()


async def mails(address: str, to: str) -> list[dict]:
    async with httpx.AsyncClient() as client:
        found = (await client.get(f"{address}/messages")).json()
    return [mail for mail in found if to in str(mail["to"])]


async def rows(service, user_id: int) -> list[tuple]:
    async with service.db.raw() as connection:
        cursor = await connection.execute(
            "select kind, state, address, subject, body, error from mails where user_id = %s", (user_id,)
        )
        return await cursor.fetchall()


@pytest.mark.spec("2.4", "deletion request mails once")
async def test_deletion_is_mailed_to_those_who_delete(running, caller: Caller, worker, mailbox):
    person = next(people)
    await caller.publish(AccountDeletionRequested(user_id=person, username="leaver"))

    async def arrived() -> list[dict]:
        return [mail for mail in await mails(mailbox[0], "fair@hotosm.org") if str(person) in mail["text"]]

    mail = (await eventually(arrived))[0]
    assert mail["subject"] == "fAIr : Account deletion requested"
    assert "leaver" in mail["text"]


@pytest.mark.spec("2.4", "verification mail")
async def test_link_goes_out_and_is_kept_nowhere(running, caller: Caller, worker, gateway, mailbox):
    person, address = next(people), "prover@map.example"
    gateway[person] = json.dumps({"email": address, "username": "http://spam.example", "url": LINK}).encode()
    await caller.publish(EmailVerificationRequested(user_id=person))
    mail = (await eventually(lambda: mails(mailbox[0], address)))[0]
    assert mail["subject"] == "fAIr : Verify your email"
    assert LINK in mail["text"].splitlines(), "the address stands on a line of its own"
    assert "spam.example" not in mail["text"], "names are the words of whoever asks"
    row = await eventually(lambda: _sent(running, person))
    assert "secret-of-the-link" not in str(row)
    assert address not in str(row)


async def _sent(service, user_id: int) -> tuple | None:
    return next((row for row in await rows(service, user_id) if row[1] == "sent"), None)


async def test_proof_that_nobody_needs_any_more_is_not_mailed(running, caller: Caller, worker, gateway):
    person = next(people)
    gateway[person] = Refused(kind=Kind.CONFLICT, code="email_verified", detail="Email already verified")
    await caller.publish(EmailVerificationRequested(user_id=person))

    async def given_up() -> list[tuple]:
        return [row for row in await rows(running, person) if row[1] == "failed"]

    assert (await eventually(given_up))[0][5] == "Email already verified"


@pytest.mark.spec("1.7", "mail to the console in debug")
async def test_mail_of_a_development_deployment_goes_to_the_log(settings, mailbox, caplog):
    mailer = mailer_of(settings.model_copy(update={"debug": True}))
    with caplog.at_level("INFO", "notify.mail"):
        await mailer.send(Email(to="debug@map.example", subject="Hello", text="Words.", key="k"))
    assert caplog.records[-1].fields["text"] == "Words."
    assert await mails(mailbox[0], "debug@map.example") == []
    assert not isinstance(mailer_of(settings), LogMailer)


def mailer_of(settings: Settings) -> Mailer:
    return next(one for one in build_worker(settings).provides if isinstance(one, MailDeliveryWorker)).mailer


@pytest.mark.spec("2.4", "unread_notifications_count")
async def test_unread_are_counted_for_their_reader(running, caller: Caller):
    reader = Actor(id=next(people), username="reader")
    for _ in range(2):
        await caller.publish(TrainingFailed(training_id=3, user_id=reader.id, model_name="roofs", reason="none"))

    async def unread(number: int) -> bool:
        return await caller.ask(CountUnread(), reader) == {"unread": number}

    await eventually(lambda: unread(2))
    await caller.send(MarkAllRead(), reader)
    assert await unread(0)
