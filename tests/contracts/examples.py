"""Bodies that the OpenAPI document shows: what the example of a command says of the body that it comes from, or what
`bodies.toml` has for it."""

import tomllib
from pathlib import Path
from typing import Any, get_args

import orjson
from pydantic import BaseModel, ValidationError

from contracts.base import Command
from gateway.app import application
from gateway.http.policy_route import PolicyRoute
from gateway.openapi.document import documented_routes
from gateway.settings import HttpSettings

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
FILE = ROOT / "services/gateway/src/gateway/openapi/examples.json"
MESSAGES = ROOT / "libs/contracts/examples"


def document() -> str:
    bodies = shown(routes())
    return orjson.dumps(bodies, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n"


def routes() -> list[PolicyRoute]:
    settings = HttpSettings.model_construct(api_base_url="http://x/api/v1", frontend_url="http://x")
    return list(documented_routes(application(settings)))


def shown(routes: list[PolicyRoute]) -> dict[str, Any]:
    """Operation → body. One that nothing was found for takes that of another with the same class."""
    written = tomllib.loads((HERE / "bodies.toml").read_text())
    found = {route.name: body for route in routes if (body := written.get(route.name) or _sent(route))}
    of_class = {body: found[route.name] for route in routes if route.name in found and (body := body_of(route))}
    lacking = [route for route in routes if body_of(route) in of_class]
    return {route.name: of_class[body_of(route)] for route in lacking} | found


def body_of(route: PolicyRoute) -> type[BaseModel] | None:
    """The class of its JSON body; None without one and for unions."""
    told: Any = route.body_field.field_info.annotation if route.body_field else None
    classes = [one for one in (told, *get_args(told)) if isinstance(one, type) and issubclass(one, BaseModel)]
    return classes[0] if len(classes) == 1 else None


def _own(route: PolicyRoute) -> bool:
    body = body_of(route)
    return body is not None and "examples" in body.model_json_schema()


def _sent(route: PolicyRoute) -> Any:
    """None where no command fits, and for classes that show examples of their own."""
    body = body_of(route)
    if body is None or _own(route):
        return None
    return next(filter(None, (_taken(body, command) for command in route.rule.sends)), None)


def _taken(body: type[BaseModel], command: type[Command]) -> Any:
    message = orjson.loads((MESSAGES / command.ce_type() / "typical.json").read_bytes())
    said = {name: value for name, value in message.items() if name in body.model_fields and value is not None}
    try:
        body.model_validate(said)
    except ValidationError:
        return None
    return said
