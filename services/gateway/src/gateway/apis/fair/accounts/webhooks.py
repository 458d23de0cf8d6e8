"""Webhooks: addresses of the caller's own programs that receive the caller's notifications."""

from typing import Annotated

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import webhooks as c
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id
from gateway.http.pagination import Filters
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask, ask_rows
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf
from kit.errors import DomainError, Invalid
from kit.http.outbound import OutboundError

routes = Routes("webhooks", FAIR)


class WebhookWithSecret(c.Webhook):
    """`secret` verifies signatures (Standard Webhooks) and is returned only here; null when it cannot be shown
    again."""

    secret: str | None


class WebhookBody(Body):
    url: c.Address
    description: c.Description = ""
    active: bool = True


class WebhookPatch(Body):
    url: c.Address | None = None
    description: c.Description | None = None
    active: bool | None = None


@routes.get("/webhooks/", Policy.AUTH, ListOf[c.Webhook])
async def list_webhooks(request: Request, filters: Annotated[Filters, Query()]) -> Response:
    return await ask_rows(request, c.ListWebhooks, filters)


@routes.post(
    "/webhooks/", Policy.AUTH, WebhookWithSecret, status=201, scope="webhook", sends=c.CreateWebhook,
    refuses={409: "The caller has five webhooks already."},
)  # fmt: skip
async def create_webhook(request: Request, body: WebhookBody) -> Response:
    _check(request, body.url)
    return await _with_secret(request, await send(request, c.CreateWebhook(**body.model_dump())))


@routes.get("/webhooks/{webhook_id}/", Policy.AUTH, c.Webhook)
async def get_webhook(request: Request, webhook_id: Id) -> Response:
    return await ask(request, c.GetWebhook(webhook_id=webhook_id))


@routes.patch(
    "/webhooks/{webhook_id}/", Policy.OWNER, c.Webhook, scope="webhook", sends=c.ChangeWebhook, refuses={403: None}
)
async def change_webhook(request: Request, webhook_id: Id, body: WebhookPatch) -> Response:
    if body.url is not None:
        _check(request, body.url)
    return await send(request, c.ChangeWebhook(webhook_id=webhook_id, **body.model_dump()))


@routes.delete("/webhooks/{webhook_id}/", Policy.OWNER, sends=c.DeleteWebhook, refuses={403: None})
async def delete_webhook(request: Request, webhook_id: Id) -> Response:
    return await send(request, c.DeleteWebhook(webhook_id=webhook_id))


@routes.post(
    "/webhooks/{webhook_id}/rotate-secret/", Policy.OWNER, WebhookWithSecret, sends=c.RotateSecret,
    refuses={403: None},
)  # fmt: skip
async def rotate_webhook_secret(request: Request, webhook_id: Id) -> Response:
    return await _with_secret(request, await send(request, c.RotateSecret(webhook_id=webhook_id)))


@routes.post(
    "/webhooks/{webhook_id}/ping/", Policy.OWNER, c.WebhookDelivery, status=202, sends=c.PingWebhook,
    refuses={403: None, 409: "The last request is still running, or the address is not verified."},
)  # fmt: skip
async def ping_webhook(request: Request, webhook_id: Id) -> Response:
    return await send(request, c.PingWebhook(webhook_id=webhook_id))


@routes.post(
    "/webhooks/{webhook_id}/verify/", Policy.OWNER, c.WebhookDelivery, status=202, scope="webhook",
    sends=c.VerifyWebhook, refuses={403: None, 409: "The last request is still running, or the address is verified."},
)  # fmt: skip
async def verify_webhook(request: Request, webhook_id: Id) -> Response:
    return await send(request, c.VerifyWebhook(webhook_id=webhook_id))


@routes.get("/webhooks/{webhook_id}/deliveries/", Policy.AUTH, ListOf[c.WebhookDelivery])
async def list_webhook_deliveries(
    request: Request, webhook_id: Id, filters: Annotated[Filters, Query()]
) -> Response:  # fmt: skip
    return await ask_rows(request, c.ListDeliveries, filters, webhook_id=webhook_id)


def _check(request: Request, url: str) -> None:
    """Checks what is possible without a resolver; the addresses behind a host name are checked at each delivery."""
    try:
        request_context(request).app.outbounds.webhooks.check(url)
    except OutboundError as error:
        raise Invalid("invalid_url", "Invalid request data", url=[str(error)]) from error


async def _with_secret(request: Request, response: Response) -> Response:
    """Adds the secret to the response. It is not part of the verdict, which the bus and the owner store."""
    if response.status_code not in (200, 201):
        return response
    row = orjson.loads(response.body)
    row["secret"] = await _secret(request, row["id"])
    body = orjson.dumps(row)
    response.body, response.headers["content-length"] = body, str(len(body))
    return response


async def _secret(request: Request, webhook_id: int) -> str | None:
    """Returns None when the owner refuses; the user can rotate the secret later."""
    try:
        return orjson.loads(await answer(request, c.ShowSecret(webhook_id=webhook_id)))["secret"]
    except DomainError:
        return None
