"""Mails that go to nobody: unproven addresses, and more than a user is meant to get."""

import asyncio
from itertools import count

import pytest
from webhook_listener import sql

from contracts.gateway import AccountDeletionRequested, UserChanged
from contracts.notify import ListNotifications, MarkAllRead
from contracts.shared import Actor
from contracts.training import TrainingFailed
from kit.errors import Invalid
from kit.testing import Caller, eventually
from notify.mails import domain
from notify.mails.ports import Email
from notify.mails.smtp import SmtpMailer
from notify.mails.withheld import WITHHELD

people = count(300_000)
STATES = "select state, error from mails where user_id = %s order by id"
pytestmark = pytest.mark.usefixtures("worker")


class Somebody:
    def __init__(self, service, caller: Caller) -> None:
        self.service, self.caller = service, caller
        self.actor = Actor(id=next(people), username="reader")
        self.address = f"withheld{self.actor.id}@map.example"

    async def chooses_mail(self, verified: bool, email: str | None = None) -> None:
        event = UserChanged(
            user_id=self.actor.id, username="reader", email=email or self.address, email_verified=verified,
            delivery_methods=["web", "email"],
        )  # fmt: skip
        await self.caller.publish(event)
        known = "select 1 from known_users where id = %s and email = %s and email_verified = %s"
        await eventually(lambda: sql(self.service, known, self.actor.id, event.email, verified))

    async def happens(self, times: int) -> None:
        for number in range(times):
            await self.caller.publish(
                TrainingFailed(training_id=number + 1, user_id=self.actor.id, model_name="roofs", reason="none")
            )

    async def mails(self, *states: tuple[str, str]) -> None:
        """Waits until the mails ended so, in whichever order."""

        async def so() -> bool:
            return sorted(await sql(self.service, STATES, self.actor.id)) == sorted(states)

        await eventually(so)

    async def told(self, words: str) -> list[str]:
        """The messages with these words, when there are any."""

        async def there() -> list[str]:
            rows = (await self.caller.ask(ListNotifications(), self.actor))["results"]
            return [row["message"] for row in rows if words in row["message"]]

        return await eventually(there)


@pytest.fixture
def somebody_else(running, caller: Caller) -> Somebody:
    return Somebody(running, caller)


def withheld(reason: str) -> float:
    return WITHHELD.labels(reason)._value.get()


@pytest.mark.parametrize(
    ("verified", "email"),
    [(False, None), (True, "a@map.example, b@map.example"), (True, "a@map.example\r\nBcc: b@map.example")],
    ids=["unproven", "a list", "a header"],
)
async def test_nothing_is_mailed_but_to_one_proven_address(somebody_else, verified, email):
    person, before = somebody_else, withheld("unverified")
    await person.chooses_mail(verified, email)
    await person.happens(2)
    await person.mails(("withheld", "unverified"), ("withheld", "unverified"))
    assert withheld("unverified") == before + 2
    assert await person.told("2 messages were not mailed: your address is not verified") != []
    assert len(await person.told("not mailed")) == 1, "one notification stands for all"


async def test_mail_goes_where_its_reader_is_by_then(somebody_else, running):
    """The address that a mail was made for may be another's by now."""
    person = somebody_else
    await person.chooses_mail(True)
    await person.happens(1)
    await person.mails(("sent", ""))
    await sql(running, "update mails set state = 'queued', attempts = 0, due_at = now(), address = 'old@map.example'"
              " where user_id = %s", person.actor.id)  # fmt: skip
    await person.mails(("sent", ""))
    assert await sql(running, "select address from mails where user_id = %s", person.actor.id) == [(person.address,)]


async def test_more_than_the_hour_takes_are_counted_and_told(somebody_else, monkeypatch):
    monkeypatch.setitem(domain.MAX_PER_HOUR, "notification", 2)
    person, before = somebody_else, withheld("capped")
    await person.chooses_mail(True)
    await person.happens(5)
    await person.mails(*[("sent", "")] * 2, *[("withheld", "capped")] * 3)
    assert withheld("capped") == before + 3
    await person.told("3 messages were not mailed: you get at most 2 mails an hour")
    await person.caller.send(MarkAllRead(), person.actor)
    await person.happens(1)
    await person.told("1 message was not mailed")


async def test_next_hour_has_mails_of_its_own(somebody_else, running, monkeypatch):
    monkeypatch.setitem(domain.MAX_PER_HOUR, "notification", 1)
    person = somebody_else
    await person.chooses_mail(True)
    await person.happens(1)
    await person.mails(("sent", ""))
    await sql(running, "update mails set sent_at = now() - interval '61 minutes' where user_id = %s", person.actor.id)
    await person.happens(1)
    await person.mails(("sent", ""), ("sent", ""))


async def test_one_user_does_not_flood_those_who_delete(somebody_else):
    for _ in range(domain.MAX_PER_HOUR["deletion"] + 2):
        await somebody_else.caller.publish(
            AccountDeletionRequested(user_id=somebody_else.actor.id, username="undecided")
        )
    await somebody_else.mails(*[("sent", "")] * domain.MAX_PER_HOUR["deletion"], *[("withheld", "capped")] * 2)


@pytest.mark.parametrize("to", ["a@map.example, b@map.example", "a@map.example\r\nBcc: b@map.example", "a", ""])
async def test_mail_server_gets_one_recipient(settings, to):
    with pytest.raises(Invalid):
        await asyncio.wait_for(SmtpMailer(settings).send(Email("k", to, "Hello", "Words.")), 10)
