"""Mail outlives trouble at the mail server and in our workers, once each, and no longer than it is of use.

The service's own loop hands out what is due as well, so tests say what was reached, not how often it was tried.
"""

import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx
import nats
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from webhook_listener import sql

from contracts.gateway import UserChanged
from contracts.gateway.accounts import EmailVerificationRequested, GetVerificationLetter
from contracts.notify import MailJob
from contracts.training import TrainingFailed
from kit.testing import Caller, eventually
from notify.mails.domain import LINK_LIFETIME, PAUSES, is_stale, next_attempt
from notify.mails.jobs import delivery, dispatcher
from stack.processes import Daemon

people = count(200_000)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("worker")


class Post:
    """What becomes of one person's mail."""

    def __init__(self, service, caller: Caller, office: Daemon, url: str) -> None:
        self.service, self.caller, self.office, self.url = service, caller, office, url
        self.person = next(people)
        self.address = f"trouble{self.person}@map.example"
        self.mail = 0

    async def happens(self) -> None:
        """Something that the person wants to be told by mail."""
        chosen = ["email"]
        event = UserChanged(
            user_id=self.person, username="reader", email=self.address, email_verified=True, delivery_methods=chosen
        )
        await self.caller.publish(event)
        known = "select 1 from known_users where id = %s"
        await eventually(lambda: sql(self.service, known, self.person))
        event = TrainingFailed(training_id=3, user_id=self.person, model_name="roofs", reason="no label")
        await self.caller.publish(event)
        mine = "select m.id from mails m join notifications n on n.id = m.notification_id where n.user_id = %s"
        self.mail = (await eventually(lambda: sql(self.service, mine, self.person)))[0][0]

    async def row(self) -> dict:
        names = ("state", "attempts", "error", "due_at", "claimed_until", "sent_at")
        return dict(zip(names, (await self.sql(f"select {', '.join(names)} from mails where id = %s"))[0], strict=True))

    async def sql(self, statement: str) -> list[tuple]:
        return await sql(self.service, statement, self.mail)

    async def tried(self, attempts: int) -> dict:
        """So often at least, the last of them ended."""

        async def enough() -> dict | None:
            row = await self.row()
            return row if row["attempts"] >= attempts and row["claimed_until"] is None else None

        return await eventually(enough)

    async def ended(self, state: str) -> dict:
        async def there() -> dict | None:
            row = await self.row()
            return row if row["state"] == state else None

        return await eventually(there)

    async def again(self) -> None:
        """As if the pause were over."""
        await self.sql("update mails set due_at = now() where id = %s")
        await dispatcher.dispatch(self.service)

    def behave(self, **behaviour) -> None:
        httpx.put(f"{self.url}/behaviour", json=behaviour).raise_for_status()

    def got(self) -> list[dict]:
        return [mail for mail in httpx.get(f"{self.url}/messages").json() if self.address in mail["to"]]


@pytest.fixture
def post(running, caller: Caller, post_office: tuple[Daemon, str]) -> Iterator[Post]:
    yield Post(running, caller, *post_office)
    post_office[0].start()
    httpx.put(f"{post_office[1]}/behaviour", json={})


async def test_mail_arrives_when_the_server_is_back(post: Post):
    post.office.stop()
    await post.happens()
    first = await post.tried(1)
    assert (first["state"], "does not take mail" in first["error"]) == ("queued", True)
    await post.again()
    second = await post.tried(2)
    assert (second["state"], second["due_at"] > first["due_at"]) == ("queued", True)
    post.office.start()
    await post.again()
    row = await post.ended("sent")
    assert (row["error"], bool(row["sent_at"])) == ("", True)
    assert len(post.got()) == 1
    assert post.got()[0]["headers"]["Message-ID"].startswith(f"<mail-{post.mail}@")


@pytest.mark.parametrize("reply", ["450 4.2.0 %s is greylisted", "421 4.3.2 closing", "530 5.7.0 log in first"])
async def test_refusal_that_may_pass_is_tried_again(post: Post, reply: str):
    post.behave(reply=reply, times=1)
    await post.happens()
    row = await post.tried(1)
    assert reply[:3] in row["error"]
    await post.again()
    assert (await post.ended("sent"))["attempts"] > 1
    assert len(post.got()) == 1


async def test_refusal_for_good_fails_at_once_with_the_reason(post: Post):
    post.behave(reply="550 5.1.1 <%s>: no such mailbox", times=100)
    before = failures()
    await post.happens()
    row = await post.ended("failed")
    assert (row["attempts"], row["error"]) == (
        1, "The mail server refused the mail: 550 5.1.1 <the address>: no such mailbox",
    )  # fmt: skip
    assert failures() > before  # mails of other tests may be refused meanwhile
    post.behave()
    await post.again()
    await post.caller.publish(MailJob(mail_id=post.mail))
    await a_later_one(post)
    assert post.got() == []


def failures() -> float:
    return REGISTRY.get_sample_value("fairway_mail_attempts_total", {"fate": "failed"}) or 0


async def a_later_one(post: Post) -> None:
    """Another mail arrives: by then all jobs before its own were taken."""
    later = Post(post.service, post.caller, post.office, post.url)
    await later.happens()
    await later.ended("sent")


async def test_mail_is_sent_once_however_many_jobs_ask_for_it(post: Post):
    """Also while the server takes its time over the first."""
    post.behave(delay=2, times=1)
    await post.happens()
    for _ in range(3):
        await post.caller.publish(MailJob(mail_id=post.mail))
    await a_later_one(post)
    assert (await post.ended("sent"))["attempts"] == 1
    await post.caller.publish(MailJob(mail_id=post.mail))
    await post.again()
    await a_later_one(post)
    assert len(post.got()) == 1


async def test_mail_of_a_worker_that_died_is_sent(post: Post):
    post.office.stop()
    await post.happens()
    await post.tried(1)
    await post.sql("update mails set claimed_until = now() + interval '1 hour' where id = %s")
    post.office.start()
    await post.again()
    await a_later_one(post)
    assert (await post.row())["state"] == "queued", "a worker is at it"
    await post.sql("update mails set claimed_until = now() where id = %s")
    await post.again()
    await post.ended("sent")
    assert len(post.got()) == 1


async def test_worker_ends_although_a_server_keeps_it_waiting(post: Post, worker):
    post.behave(delay=60, times=1)
    await post.happens()

    async def claimed() -> bool:
        return (await post.row())["claimed_until"] is not None

    await eventually(claimed)
    began = time.monotonic()
    await worker()
    assert time.monotonic() - began < 15
    assert (await post.row())["state"] == "queued"


async def test_a_server_that_is_away_costs_no_attempt(post: Post):
    post.office.stop()
    await post.happens()
    await post.tried(1)
    await post.sql(f"update mails set attempts = {len(PAUSES) + 1}, released = 1, claimed_until = null where id = %s")
    await post.again()
    row = await post.tried(len(PAUSES) + 2)
    assert (row["state"], row["due_at"] - datetime.now(UTC) < timedelta(minutes=6)) == ("queued", True)
    post.office.start()
    await post.again()
    await post.ended("sent")


async def test_after_the_last_attempt_it_is_given_up(post: Post):
    post.behave(reply="450 4.2.0 %s is greylisted", times=99)
    await post.happens()
    await post.tried(1)
    await post.sql(f"update mails set attempts = {len(PAUSES)} where id = %s")
    await post.again()
    row = await post.ended("failed")
    assert (row["attempts"], "does not take mail" in row["error"]) == (len(PAUSES) + 1, True)


async def test_mail_that_kills_every_worker_is_given_up(post: Post):
    post.office.stop()
    await post.happens()
    await post.tried(1)
    worn = f"attempts = {len(PAUSES) + 1}, released = 0, claimed_until = now()"
    await post.sql(f"update mails set {worn} where id = %s")
    post.office.start()
    await post.again()
    assert (await post.ended("failed"))["error"] == delivery.NO_ATTEMPT_ENDED
    assert post.got() == []


@pytest_asyncio.fixture
async def links(nats_url: str, post: Post) -> AsyncIterator[list[int]]:
    """The gateway's answer, and whose link was asked for."""
    connection, asked = await nats.connect(nats_url), []
    letter = {"email": post.address, "username": "prover", "url": "https://map.example/verify-email/?token=t"}

    async def answer(msg) -> None:
        asked.append(json.loads(msg.data)["user_id"])
        await msg.respond(json.dumps(letter).encode())

    await connection.subscribe(GetVerificationLetter.subject(), cb=answer)
    await connection.flush()
    yield asked
    await connection.close()


async def verification(post: Post) -> None:
    """Asked for while no mail can be sent, and tried once."""
    post.office.stop()
    await post.caller.publish(EmailVerificationRequested(user_id=post.person))
    made = "select id from mails where user_id = %s"
    post.mail = (await eventually(lambda: sql(post.service, made, post.person)))[0][0]
    await post.tried(1)


async def test_late_verification_has_a_link_of_its_own(post: Post, links):
    await verification(post)
    asked = len(links)
    post.office.start()
    await post.again()
    await post.ended("sent")
    assert len(post.got()) == 1
    assert len(links) > asked


async def test_link_that_nobody_waits_for_any_more_is_not_mailed(post: Post, links):
    await verification(post)
    await post.sql("update mails set created_at = created_at - interval '4 days' where id = %s")
    post.office.start()
    asked = len(links)
    await post.again()
    assert (await post.ended("failed"))["error"] == "The link that was asked for would have expired by now."
    assert (post.got(), len(links)) == ([], asked)


def test_pauses_grow_and_end_after_a_day():
    waits = [next_attempt(attempts, NOW) - NOW for attempts in range(1, len(PAUSES) + 1)]
    assert waits == sorted(waits)
    assert timedelta(hours=22) < sum(waits, timedelta()) < timedelta(hours=26)
    assert next_attempt(len(PAUSES) + 1, NOW) is None


def test_only_links_are_of_no_use_some_day():
    assert is_stale("verification", NOW - LINK_LIFETIME, NOW)
    assert not is_stale("verification", NOW - LINK_LIFETIME + timedelta(seconds=1), NOW)
    assert not is_stale("notification", NOW - timedelta(days=30), NOW)
