"""Contracts are promises: generated files are current, every message has an example, nothing breaks a reader."""

import json
from copy import deepcopy
from datetime import date

import pytest
from pydantic import Field, create_model

from contracts.base import Command, Event, Job, Query
from contracts.registry import all_messages
from tests.contracts.generate import files
from tests.contracts.message_examples import first_example
from tests.contracts.rooms import readers, services
from tests.contracts.schemas import EXAMPLES, RELEASED, SCHEMAS, breaks, schema


def test_generated_files_are_current():
    stale = [str(path) for path, text in files().items() if not path.exists() or path.read_text() != text]
    assert not stale, f"run `make contracts`: {stale}"


def test_no_schema_without_a_message():
    assert {path.stem for path in SCHEMAS.glob("*.json")} == set(all_messages())


@pytest.mark.parametrize("name", sorted(all_messages()))
def test_example_validates(name: str):
    found = sorted((EXAMPLES / name).glob("*.json"))
    assert found, f"libs/contracts/examples/{name}/typical.json is missing"
    for path in found:
        all_messages()[name].model_validate_json(path.read_bytes())


def test_a_new_message_gets_its_first_example_or_is_told_what_lacks():
    fields = {"training_id": (int, ...), "user_id": (int, ...), "day": (date, Field(examples=["2026-05-01"]))}
    known = create_model("Known", __base__=Event, **fields)
    written = json.loads(first_example(known))
    assert written == {"training_id": written["training_id"], "user_id": 7, "day": "2026-05-01"}
    known.wire = "training.v1.known"
    other = create_model("Other", __base__=known, never_said=(int, ...))
    with pytest.raises(LookupError, match=r"evt.training.v1.known: no example of its field never_said; write"):
        first_example(other)


def test_no_example_without_a_message():
    assert {path.name for path in EXAMPLES.iterdir()} <= set(all_messages())


@pytest.mark.parametrize("name", sorted(n for n, m in all_messages().items() if issubclass(m, Command | Query | Job)))
def test_every_request_is_handled_by_its_owner(name: str):
    assert [service for service, _ in readers().get(name, [])] == [all_messages()[name].owner()]


def test_readers_hear_what_somebody_tells():
    for name, heard in readers().items():
        if issubclass(all_messages()[name], Event):
            assert heard, name


def test_durables_belong_to_their_service():
    for name, service in services().items():
        assert all(durable.name.startswith(f"{name}-") for durable in service.durables)


@pytest.mark.parametrize("name", sorted(path.stem for path in RELEASED.glob("*.json")))
def test_nothing_breaks_since_the_release(name: str):
    old = json.loads((RELEASED / f"{name}.json").read_text())
    assert name in all_messages(), _report(name, ["removed"])
    assert not (found := breaks(old, schema(all_messages()[name]))), _report(name, found)


def _report(name: str, problems: list[str]) -> str:
    return f"{name}: {'; '.join(problems)}. Readers: {readers().get(name, [])}"


def test_a_breaking_change_is_seen_and_names_its_readers():
    name = "evt.catalog.v1.dataset_built"
    old = schema(all_messages()[name])
    scratch = deepcopy(old)
    del scratch["properties"]["chips_uri"]
    scratch["properties"]["zoom"]["type"] = "string"
    scratch["required"] = [*scratch["required"], "title2"]
    found = breaks(old, scratch)
    assert {problem.split(":")[0] for problem in found} == {"chips_uri", "zoom", "title2"}
    assert "training" in _report(name, found)


def test_an_optional_field_breaks_nobody():
    old = schema(all_messages()["evt.catalog.v1.dataset_built"])
    new = deepcopy(old)
    new["properties"]["note"] = {"type": "string", "default": ""}
    assert breaks(old, new) == []
