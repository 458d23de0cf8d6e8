"""The OpenAPI document tells people what they need, and nothing of the framework."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import TypeAdapter, ValidationError

from contracts.catalog.areas import CreateAoi
from contracts.training import SubmitTraining
from gateway.apis.fair.dialect import FAIR
from gateway.apis.fair_v1.dialect import V1
from gateway.app import application
from gateway.http.policy import Policy
from gateway.http.policy_route import PolicyRoute
from gateway.http.routing import Routes
from gateway.openapi.compact_json import written
from gateway.openapi.components import INVALID_FIELDS, NAMES
from gateway.openapi.document import documented_routes
from gateway.openapi.refusals import refusals, takes_body
from gateway.openapi.schemas import Pending, Said
from gateway.openapi.texts import PARAMETERS, TAGS, apply_texts, texts
from gateway.settings import HttpSettings

Operation = dict[str, Any]


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return application(HttpSettings.model_construct(api_base_url="http://x/api/v1", frontend_url="http://x"))


@pytest.fixture(scope="module")
def operations(app: FastAPI) -> dict[str, Operation]:
    """With what they refer to, by name."""
    document = app.openapi()
    found = [one for path in document["paths"].values() for one in path.values()]
    return {one["operationId"]: whole(one, document["components"]) for one in found}


def whole(operation: Operation, components: Operation) -> Operation:
    def meant(part: Operation) -> Operation:
        kind, name = part["$ref"].split("/")[-2:] if "$ref" in part else ("", "")
        return components[kind][name] if kind else part

    found = {**operation, "parameters": [meant(one) for one in operation.get("parameters", ())]}
    found["responses"] = {status: meant(one) for status, one in operation["responses"].items()}
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["examples"] = {name: meant(one) for name, one in media.get("examples", {}).items()}
    return found


def named(operation: Operation) -> list[Operation]:
    return [parameter for parameter in operation.get("parameters", ()) if "name" in parameter]


def answers(operation: Operation) -> Iterator[tuple[str, Any]]:
    """Status and schema of what a successful answer holds."""
    for status, answer in operation["responses"].items():
        if status[0] == "2":
            yield from ((status, content["schema"]) for content in answer.get("content", {}).values())


def test_every_operation_has_words(app: FastAPI, operations: dict[str, Operation]):
    said = {name for tag, words in texts().items() if tag not in (TAGS, PARAMETERS) for name in words}
    assert said <= set(operations), "gateway/openapi/texts.toml has words for operations that do not exist"
    described = {route.name for route in documented_routes(app) if route.endpoint.__doc__}
    assert set(operations) - said <= described, "operations without a docstring and without words in texts.toml"
    misplaced = [name for name in said if name not in texts().get(operations[name]["tags"][0], {})]
    assert misplaced == []
    assert [name for name, one in operations.items() if not (one["summary"] and one["description"])] == []


def test_an_operation_without_a_text_has_its_docstring():
    operation = {"operationId": "get_digest", "tags": ["x"], "description": "Returns the day's news.\n\nOldest first."}
    apply_texts(operation)
    assert (operation["summary"], operation["description"].count("\n")) == ("Returns the day's news", 2)


def test_every_tag_has_words(app: FastAPI, operations: dict[str, Operation]):
    assert {one["name"] for one in app.openapi()["tags"]} == {tag for one in operations.values() for tag in one["tags"]}


def test_every_parameter_has_words(operations: dict[str, Operation]):
    mute = [(name, one["name"]) for name, operation in operations.items() for one in named(operation)
            if not one.get("description")]  # fmt: skip
    assert mute == []
    used = {one["name"] for operation in operations.values() for one in named(operation)}
    assert set(texts()[PARAMETERS]) <= used


def test_every_answer_has_a_shape(app: FastAPI, operations: dict[str, Operation]):
    empty = [(name, status) for name, one in operations.items() for status, shape in answers(one)
             if not shape or shape == {"type": "object"}]  # fmt: skip
    assert empty == []
    silent = [
        name
        for name, one in operations.items()
        if not list(answers(one)) and not {"204", "302", "303"} & {*one["responses"]}
    ]
    assert silent == ["head_result_file", "head_artifact"]


def test_every_body_has_an_example_that_it_takes(app: FastAPI, operations: dict[str, Operation]):
    for route in filter(takes_body, documented_routes(app)):
        media = operations[route.name]["requestBody"]["content"]["application/json"]
        shown = [one["value"] for one in media.get("examples", {}).values()] or own_examples(route)
        assert shown, route.name
        for example in shown if route.body_field else ():
            TypeAdapter(route.body_field.field_info.annotation).validate_python(example)


def own_examples(route: PolicyRoute) -> list[Any]:
    assert route.body_field
    field = route.body_field.field_info
    return field.examples or TypeAdapter(field.annotation).json_schema().get("examples", [])


def test_example_that_a_body_does_not_take_is_found(app: FastAPI):
    route = next(route for route in documented_routes(app) if route.name == "submit_training")
    with pytest.raises(ValidationError):
        TypeAdapter(route.body_field.field_info.annotation).validate_python({"model_name": "x"})  # type: ignore[union-attr]


def test_refusals_are_problems_with_their_headers(app: FastAPI, operations: dict[str, Operation]):
    document = app.openapi()
    for name, answer in document["components"]["responses"].items():
        if name not in {*NAMES.values(), INVALID_FIELDS}:
            continue
        assert answer["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem"), name
    assert document["components"]["responses"]["Unavailable"]["headers"]["Retry-After"]["required"]
    assert not {"HTTPValidationError", "ValidationError"} & set(document["components"]["schemas"])
    odd = [name for name, one in operations.items() if {"4XX", "5XX", "default", "500"} & set(one["responses"])]
    assert odd == ["readiness"]


def test_what_several_operations_say_is_written_once(app: FastAPI):
    """Large parts that are equal are components; small ones and those of one operation stay where they are."""
    document = app.openapi()
    operations = [one for path in document["paths"].values() for one in path.values()]
    parts = [part for one in operations for part in (*one.get("parameters", ()), *one["responses"].values())]
    told = Counter(json.dumps(part, sort_keys=True) for part in parts if "$ref" not in part)
    assert [part for part, count in told.items() if count > 1 and len(part) > 120] == []
    named_so = document["components"]["responses"]["LabelProblem404"]
    assert named_so["content"]["application/problem+json"]["schema"]["$ref"].endswith("/LabelProblem")
    assert len(written(document)) < 900_000
    assert json.loads(written(document)) == document


def test_shapes_have_names_of_their_own(app: FastAPI):
    """Where two classes have the same name, the framework puts their modules in front."""
    assert [name for name in app.openapi()["components"]["schemas"] if "__" in name] == []


def test_first_generation_is_deprecated(operations: dict[str, Operation]):
    old = {name for name, one in operations.items() if one.get("deprecated")}
    assert old == {name for name, one in operations.items() if one["tags"][0].startswith("v1 ")}
    assert old == {name for name in operations if name.startswith("v1_")}


def route_of(routes: Routes, **options: Any) -> PolicyRoute:
    async def endpoint() -> None: ...

    app = FastAPI()
    routes.add("POST", "/things/{thing_id}/", **options)(endpoint)
    routes.register(app.router)
    return next(route for route in app.routes if isinstance(route, PolicyRoute))


@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        ({"policy": Policy.OPEN, "scope": None}, {404}),
        ({"policy": Policy.OPEN}, {404, 429, 503}),
        ({"policy": Policy.ANON}, {401, 404, 429, 503}),
        ({"policy": Policy.AUTH, "sends": CreateAoi}, {400, 401, 404, 422, 429, 503}),
        ({"policy": Policy.OWNER}, {401, 403, 404, 429, 503}),
        ({"policy": Policy.AUTH, "refuses": {409: "Done.", 404: None}}, {401, 409, 429, 503}),
        ({"policy": Policy.AUTH, "openapi_extra": {"requestBody": {}}}, {400, 401, 404, 413, 415, 429, 503}),
    ],
)  # fmt: skip
def test_refusals_follow_from_what_a_route_declares(options: dict[str, Any], statuses: set[int]):
    assert set(refusals(route_of(Routes("things", FAIR), **options))) == statuses


def test_v1_writes_without_a_login_are_forbidden():
    assert 403 in refusals(route_of(Routes("things", V1), policy=Policy.AUTH))
    assert 403 not in refusals(route_of(Routes("things", V1), policy=Policy.ANON))


def test_only_commands_that_do_not_expire_can_be_pending():
    assert 202 not in route_of(Routes("things", FAIR), policy=Policy.AUTH, sends=CreateAoi).responses
    lasting = route_of(Routes("things", FAIR), policy=Policy.AUTH, model=Said, status=202, sends=SubmitTraining)
    assert lasting.responses[202]["model"] == Said | Pending
    assert set(lasting.responses[202]["headers"]) == {"Location", "Retry-After"}
