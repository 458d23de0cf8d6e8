"""Somebody whose program hears what they hear, for tests with a real receiver."""

import base64
import json
from itertools import count

import httpx

from contracts.gateway import UserChanged
from contracts.notify import webhooks as c
from contracts.shared import Actor, Page
from contracts.training import TrainingFailed
from kit.testing import Caller, eventually
from notify.webhooks.domain import VERIFICATION
from notify.webhooks.jobs import dispatcher

people = count(80_000)
FAILED = TrainingFailed(training_id=3, user_id=0, model_name="roofs", reason="no label", local_model=5)


async def sql(service, statement: str, *values) -> list[tuple]:
    async with service.db.raw() as connection:
        cursor = await connection.execute(statement, values)
        return await cursor.fetchall() if cursor.description else []


class Listener:
    """A person who wants webhooks, with one address. The service's own loop hands out what is due as well, so no test
    counts what its own hand-outs found."""

    def __init__(self, service, caller: Caller, receiver: httpx.Client) -> None:
        self.service, self.caller, self.receiver = service, caller, receiver
        self.person = Actor(id=next(people), username="listener")
        self.path = f"/hook/{self.person.id}"

    async def listen(self, *methods: str) -> "Listener":
        """At an address that is verified; its verification is neither in `log` nor in `got`."""
        await self.begin(*methods)
        await self.verified()
        self.receiver.delete("/requests")
        return self

    async def begin(self, *methods: str) -> dict:
        chosen = methods or ("web", "webhook")
        await self.caller.publish(UserChanged(user_id=self.person.id, username="listener", delivery_methods=chosen))
        await eventually(self._known)
        made = (await self.caller.send(c.CreateWebhook(url=self.url()), self.person)).result
        self.webhook = made["id"]
        secret = await self.caller.ask(c.ShowSecret(webhook_id=self.webhook), self.person)
        self.secret = secret["secret"]
        return made

    def url(self, path: str = "") -> str:
        return f"{self.receiver.base_url}{path or self.path}"

    async def _known(self) -> bool:
        return bool(await sql(self.service, "select 1 from known_users where id = %s", self.person.id))

    async def verified(self) -> dict:
        async def proven() -> dict | None:
            row = await self.row()
            return row if row["verified"] else None

        return await eventually(proven)

    async def change(self, **fields) -> dict:
        return (await self.caller.send(c.ChangeWebhook(webhook_id=self.webhook, **fields), self.person)).result

    async def ask(self, command: type[c.PingWebhook | c.VerifyWebhook]):
        return await self.caller.send(command(webhook_id=self.webhook), self.person)

    async def happens(self) -> None:
        await self.caller.publish(FAILED.model_copy(update={"user_id": self.person.id}))

    async def log(self, proofs: bool = False) -> list[dict]:
        query = c.ListDeliveries(webhook_id=self.webhook, page=Page())
        rows = (await self.caller.ask(query, self.person))["results"]
        return [row for row in rows if (row["event_type"] == VERIFICATION) is proofs]

    async def logged(self, *states: str) -> list[dict]:
        async def as_wanted() -> list[dict]:
            rows = await self.log()
            return rows if [row["status"] for row in rows] == list(states) else []

        return await eventually(as_wanted)

    async def tried(self, attempts: int, proofs: bool = False) -> dict:
        """The newest, when it had so many at least and the last of them has ended."""

        async def enough() -> dict | None:
            ended, rows = await self._ended(attempts), await self.log(proofs)
            return rows[0] if rows and rows[0]["id"] in ended else None

        return await eventually(enough)

    async def _ended(self, attempts: int) -> list[str]:
        ended = (
            "select message_id::text from webhook_deliveries where webhook_id = %s and attempts >= %s"
            " and claimed_until is null"
        )
        return [row[0] for row in await sql(self.service, ended, self.webhook, attempts)]

    async def row(self) -> dict:
        return await self.caller.ask(c.GetWebhook(webhook_id=self.webhook), self.person)

    async def again(self) -> None:
        """As if the pause were over."""
        await sql(self.service, "update webhook_deliveries set due_at = now() where webhook_id = %s", self.webhook)
        await sql(self.service, "update webhooks set quiet_until = null where id = %s", self.webhook)
        await dispatcher.dispatch(self.service)

    async def due(self) -> list[int]:
        """Attempts so far of what was not handed out, the oldest first."""
        waiting = (
            "select attempts from webhook_deliveries where webhook_id = %s and event_type <> %s and due_at <= now()"
            " order by id"
        )
        return [row[0] for row in await sql(self.service, waiting, self.webhook, VERIFICATION)]

    def got(self, path: str = "") -> list[dict]:
        everything = self.receiver.get("/requests").raise_for_status().json()
        return [call for call in everything if call["path"] == (path or self.path)]

    def said(self, path: str = "") -> list[dict]:
        return [json.loads(base64.b64decode(call["body"])) for call in self.got(path)]
