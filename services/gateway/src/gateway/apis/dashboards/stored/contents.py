"""Contents of dashboards between clients and their owner: compact JSON text, of which one answer has a part."""

import asyncio
from hashlib import sha256
from io import BytesIO
from typing import Any

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from contracts.base import Command
from contracts.notify.dashboards import DashboardText, GetDashboardText
from gateway.apis.dashboards.owner_calls import answer, send
from gateway.http.queries import JSON
from kit.messaging.staging import MAX_INLINE_BYTES, StagedFile

EXAMPLE: dict[str, Any] = {"dashboard": {"widgets": []}}
DTO = {"type": "object", "required": ["dashboard"], "properties": {"dashboard": {"type": "object"}}}


class StoredDashboard(BaseModel):
    """The DTO and its id. Clients send it back without the id."""

    id: str
    dashboard: dict[str, Any]


def compact(dto: Any) -> str:
    """Returns the JSON text that is stored, and on which sizes are counted."""
    return orjson.dumps(dto).decode()


def stored(dashboard_id: str, content: str) -> bytes:
    """Returns the content with the id before its members. An `id` among them, which only unchecked dashboards have,
    does not hide it."""
    if '"id"' in content:
        found = orjson.loads(content)
        if "id" in found:
            return orjson.dumps({**found, "id": dashboard_id})
    inside = content.encode()[1:-1]
    return b'{"id":' + orjson.dumps(dashboard_id) + (b"," if inside else b"") + inside + b"}"


def respond(
    dashboard_id: str, content: str, etag: str, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Returns the response with a stored dashboard."""
    return Response(stored(dashboard_id, content), status, {"etag": etag, **(headers or {})}, JSON)


async def whole(request: Request, head: DashboardText) -> str:
    """Returns the content that `head` has the first part of. Raises NotFound when it was dropped meanwhile."""
    text = head.text
    while len(text) < head.characters:
        part = GetDashboardText(dashboard_id=head.id, etag=head.etag, start=len(text))
        text += DashboardText.model_validate_json(await answer(request, part)).text
    return text


async def send_large(request: Request, command: Command) -> Response:
    """Returns the response to a command, which travels by the object store when it is large."""
    data = await asyncio.to_thread(lambda: command.model_dump_json().encode())
    if len(data) <= MAX_INLINE_BYTES:
        return await send(request, command)
    return await send(request, command, StagedFile(BytesIO(data), len(data), sha256(data).hexdigest()))
