"""A mail sink: accepts mail by SMTP and returns it at `GET /messages`; `DELETE /messages` empties it.

`PUT /behaviour` sets the response to the next recipients: `reply` (as `550 no such mailbox`, with the address for `%s`)
after `delay` seconds, for `times` mails; `{}` resets it.
"""

import asyncio
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stack.sandbox.web import application


class Mailbox:
    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.behaviour: dict[str, Any] = {}

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        wanted = self._next()
        await asyncio.sleep(wanted.get("delay", 0))
        if "reply" in wanted:
            return wanted["reply"].replace("%s", address)
        envelope.rcpt_tos.append(address)
        return "250 known"

    def _next(self) -> dict[str, Any]:
        self.behaviour["times"] = self.behaviour.get("times", 0) - 1
        return self.behaviour if self.behaviour["times"] >= 0 else {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = email.message_from_bytes(envelope.original_content or b"", policy=default)
        self.messages.append(
            {
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "subject": message["subject"],
                "headers": dict(message.items()),
                "text": _part(message, "plain"),
                "html": _part(message, "html"),
            }
        )
        return "250 kept"


def app(mail_port: int, host: str = "127.0.0.1") -> Starlette:
    mailbox = Mailbox()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        controller = Controller(mailbox, hostname=host, port=mail_port)
        controller.start()
        yield
        controller.stop()

    async def messages(request: Request) -> JSONResponse:
        return JSONResponse(mailbox.messages)

    async def empty(request: Request) -> Response:
        mailbox.messages.clear()
        return Response(status_code=204)

    async def behave(request: Request) -> Response:
        mailbox.behaviour = await request.json()
        return Response(status_code=204)

    return application([
        Route("/messages", messages), Route("/messages", empty, methods=["DELETE"]),
        Route("/behaviour", behave, methods=["PUT"]),
    ], lifespan)  # fmt: skip


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    return part.get_content() if part else None
