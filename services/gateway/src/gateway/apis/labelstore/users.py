"""Users of the label store, their key pairs and roles."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import Field, field_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_users as c
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import PAST_THE_END, ask_page, listed, with_members
from gateway.apis.labelstore.shared.inputs import Id, Paged, StrictBody, Text, has_at
from gateway.apis.labelstore.shared.key_pairs import KeyPair, LabelAccessToken, new_pair
from gateway.http.commands import send
from gateway.http.inputs.fields import MAX_ID
from gateway.http.policy import Policy
from gateway.http.queries import JSON, ask
from gateway.http.request_context import request_context
from gateway.http.routing import Routes

routes = Routes("users", LABELS)
Email = Annotated[str, Field(max_length=200, examples=["party@labels.example"])]


def _address(text: str | None) -> str | None:
    if text is not None and not has_at(text):
        raise ValueError("must have something before and after one @")
    return text


class RoleBody(StrictBody):
    """`image-admin` is bound to nothing, `labeler` and `reviewer` to a campaign."""

    role: str = Field(max_length=128, examples=["labeler"])
    subject_type: str | None = Field(default=None, max_length=128, examples=["campaign"])
    subject_id: int | None = Field(default=None, ge=0, le=MAX_ID, examples=[3])


class LabelUserBody(StrictBody):
    email: Email
    issue_key: bool = True
    roles: list[RoleBody] = Field(default=[], max_length=1000)

    check_email = field_validator("email")(_address)


class LabelUserPatch(StrictBody):
    enabled: bool | None = None
    email: Email | None = None

    check_email = field_validator("email")(_address)


class NewLabelUser(c.LabelUser):
    """`access_token` where a pair was made; its secret is shown only here."""

    access_token: LabelAccessToken | None = None


class LabelUserFilters(Paged):
    email: Text = None


@routes.get("/label_users", Policy.AUTH, listed("users", c.LabelUser), refuses=PAST_THE_END)
async def list_label_users(request: Request, filters: Annotated[LabelUserFilters, Query()]) -> Response:
    """Lists users of the label store."""
    return await ask_page(request, c.ListLabelUsers, "users", filters)


@routes.post(
    "/label_users", Policy.AUTH, NewLabelUser, status=201, sends=c.CreateLabelUser,
    refuses={409: "The address is taken.", 422: "A role gives nothing, or its campaign does not exist."},
)  # fmt: skip
async def create_label_user(request: Request, body: LabelUserBody) -> Response:
    """Creates a user, with a key pair unless `issue_key` is false."""
    pair = new_pair(request) if body.issue_key else None
    command = c.CreateLabelUser.model_validate({**body.model_dump(exclude={"issue_key"}), "key": _key(pair)})
    response = await send(request, command)
    return with_members(response, access_token=_token(pair)) if pair and response.status_code == 201 else response


@routes.get("/label_users/me", Policy.AUTH, c.LabelUser, refuses={404: "The caller has no user of the label store."})
async def get_my_label_user(request: Request) -> Response:
    """Shows the caller."""
    return await ask(request, c.GetLabelUser())


@routes.get("/label_users/{user_id}", Policy.AUTH, c.LabelUser)
async def get_label_user(request: Request, user_id: Id) -> Response:
    """Shows a user."""
    return await ask(request, c.GetLabelUser(user_id=user_id))


@routes.patch(
    "/label_users/{user_id}", Policy.AUTH, c.LabelUser, sends=c.ChangeLabelUser,
    refuses={409: "It is the last enabled image-admin, or the address is taken."},
)  # fmt: skip
async def change_label_user(request: Request, user_id: Id, body: LabelUserPatch) -> Response:
    """Disables or enables a user, or changes the address."""
    command = c.ChangeLabelUser(user_id=user_id, **body.model_dump(exclude_unset=True))
    return _forgotten(request, user_id, await send(request, command))


@routes.post("/label_users/{user_id}/credentials", Policy.AUTH, LabelAccessToken, status=201, sends=c.IssueLabelKey)
async def issue_label_key(request: Request, user_id: Id) -> Response:
    """Makes a new key pair; the old one stops at once."""
    pair = new_pair(request)
    key = c.NewKey(apikey=pair.apikey, hash=pair.hash)
    response = _forgotten(request, user_id, await send(request, c.IssueLabelKey(user_id=user_id, key=key)))
    if response.status_code not in (200, 201):
        return response
    return Response(orjson.dumps(_token(pair)), 201, media_type=JSON)


@routes.post(
    "/label_users/{user_id}/roles", Policy.AUTH, c.LabelRole, status=201, sends=c.GrantLabelRole,
    refuses={409: "The user has the role.", 422: "The role gives nothing, or its campaign does not exist."},
)  # fmt: skip
async def grant_label_role(request: Request, user_id: Id, body: RoleBody) -> Response:
    """Gives a user a role."""
    return await send(request, c.GrantLabelRole(user_id=user_id, grant=c.RoleGrant(**body.model_dump())))


@routes.delete(
    "/label_users/{user_id}/roles/{role_id}", Policy.AUTH, sends=c.RevokeLabelRole,
    refuses={409: "It is that of the last image-admin."},
)  # fmt: skip
async def revoke_label_role(request: Request, user_id: Id, role_id: Id) -> Response:
    """Takes a role from a user."""
    return await send(request, c.RevokeLabelRole(user_id=user_id, role_id=role_id))


def _key(pair: KeyPair | None) -> dict[str, str] | None:
    return {"apikey": pair.apikey, "hash": pair.hash} if pair else None


def _token(pair: KeyPair) -> dict[str, Any]:
    return {"apikey": pair.apikey, "apisecret": pair.apisecret}


def _forgotten(request: Request, user_id: int, response: Response) -> Response:
    """This process does not wait for the owner's event."""
    request_context(request).app.label_keys.forget(user_id)
    return response
