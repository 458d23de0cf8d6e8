"""The permission matrix: one row for each operation of the gateway, from the declaration of its route.

A row of `table` replaces the derived one: it says what the declaration cannot, such as a body that names rows, or an
answer that depends on the state of the row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson
from pydantic.fields import FieldInfo

from gateway.app import application
from gateway.http.policy_route import PolicyRoute
from gateway.openapi.refusals import takes_body
from gateway.settings import HttpSettings
from tests.contracts.examples import FILE, body_of
from tests.surface.expected import Row
from tests.surface.named import NAMED
from tests.surface.table import ROWS

SETTINGS = HttpSettings.model_construct(api_base_url="http://x/api/v1", frontend_url="http://x")
EXAMPLES: dict[str, Any] = orjson.loads(FILE.read_bytes())


def declared_routes() -> dict[str, PolicyRoute]:
    """Returns method and path → route."""
    routes = (route for route in application(SETTINGS).routes if isinstance(route, PolicyRoute))
    return {f"{method} {route.path}": route for route in routes for method in route.methods}


def declared_rows(routes: Mapping[str, PolicyRoute], said: list[Row] = ROWS) -> list[Row]:
    """Returns a row for each route. Raises LookupError, in words, for what tests need and nobody says."""
    given = {row.route: row for row in said}
    rows = [_completed(given.get(name) or Row(name), route) for name, route in routes.items()]
    problems = [problem for row in rows for problem in _problems(row, routes[row.route])]
    unknown = given.keys() - routes.keys()
    problems += [f"{name}: tests/surface/table has a row of it, and there is no such route" for name in unknown]
    if problems:
        raise LookupError("\n".join(sorted(problems)))
    return rows


def _completed(row: Row, route: PolicyRoute) -> Row:
    """With the examples of the OpenAPI document, unless the row has a body and a query of its own."""
    values = {name: examples[0] for name, examples in _required_query(route).items() if examples}
    return replace(row, body=_example(route) if row.body is None else row.body, query=row.query or urlencode(values))


def _example(route: PolicyRoute) -> Any:
    body = body_of(route)
    own = body.model_json_schema().get("examples") if body else None
    return EXAMPLES.get(route.name) or (own[0] if own else None)


def _required_query(route: PolicyRoute) -> dict[str, list[Any] | None]:
    """Returns the parameters that a request has to have, and their examples."""
    fields = {parameter.alias: parameter.field_info for parameter in route.dependant.query_params}
    return {name: info.examples for name, info in fields.items() if info.is_required() and not _is_model(info)}


def _is_model(info: FieldInfo) -> bool:
    return hasattr(info.annotation, "model_fields")


def _problems(row: Row, route: PolicyRoute) -> Iterator[str]:
    for part in sorted(route.param_convertors.keys() - NAMED.keys() - row.names.keys()):
        yield f"{row.route}: nothing makes a {part}; add it to NAMED in tests/surface/named.py"
    if row.body is None and takes_body(route):
        yield (
            f"{row.route}: no example of its body; take that of a command (sends=), or write one into "
            "tests/contracts/bodies.toml or a row into tests/surface/table"
        )
    for name, examples in _required_query(route).items():
        if not (row.query or examples):
            yield f"{row.route}: no example of ?{name}=; declare one in the route: Query(examples=[...])"
    if (row.done or row.but) and not row.why:
        yield f"{row.route}: its row in tests/surface/table is unusual and does not say why"


ROUTES = declared_routes()
DECLARED = declared_rows(ROUTES)
