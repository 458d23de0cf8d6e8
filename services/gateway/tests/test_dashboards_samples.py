"""Samples over HTTP: the rules of a body, who may send it, how it travels."""

from typing import Any

import pytest
from doors import door_bus, door_owners, http, owners

from contracts.notify.channels import RecordSamples
from contracts.verdict import Accepted, Kind, Refused

__all__ = ["door_bus", "door_owners", "http", "owners"]
PATH = "/api/v1/maintenance/channels/samples"
GOOD: dict[str, Any] = {"name": "42/loss", "ts": 1_767_225_600_000_000_000, "value": 0.5}
RECORDED = Accepted(http=200, result={"accepted": 2, "channels_created": 1})


async def test_samples_go_to_their_owner_as_they_are(http, owners, chief):
    owners.judge(RecordSamples, RECORDED)
    samples = [GOOD, {**GOOD, "ts": "1767225600000000001", "value": [1, 2.5], "unit": "°C"}]
    answer = await http.post(PATH, json={"samples": samples}, headers=chief)
    assert (answer.status_code, answer.json()) == (200, {"accepted": 2, "channels_created": 1})
    assert owners.last(RecordSamples)["samples"] == samples


BAD: list[tuple[Any, list[Any]]] = [
    ({}, ["body", "samples"]), ({"samples": []}, ["body", "samples"]),
    ({"samples": [GOOD] * 10_001}, ["body", "samples"]),
    ({"samples": [GOOD, {**GOOD, "name": "123"}]}, ["body", "samples", 1, "name"]),
    ({"samples": [{**GOOD, "value": [1, "x"]}]}, ["body", "samples", 0, "value", 1]),
    ({"samples": [{**GOOD, "type": "f65"}]}, ["body", "samples", 0, "type"]), ([GOOD], ["body"]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "where"), BAD, ids=[str(number) for number in range(len(BAD))])
async def test_a_broken_rule_is_422_with_its_place(http, owners, chief, body, where):
    answer = await http.post(PATH, json=body, headers=chief)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == where
    assert not owners.heard


@pytest.mark.parametrize(
    "text", ["NaN", "1e999", "9223372036854775808", '"a\\u0000b"', '"\\ud800"', "[" * 120 + "]" * 120]
)
async def test_json_is_read_strictly(http, chief, owners, text):
    body = f'{{"samples": [{{"name": "x", "ts": 1, "value": {text}}}]}}'
    answer = await http.post(PATH, content=body, headers={**chief, "content-type": "application/json"})
    assert (answer.status_code, owners.heard) == (422, [])


async def test_only_operators_send_samples(http, mapper, owners):
    assert (await http.post(PATH, json={"samples": [GOOD]})).status_code == 401
    assert (await http.post(PATH, json={"samples": [GOOD]}, headers=mapper)).status_code == 403
    assert not owners.heard


async def test_the_owner_refuses_and_may_be_silent(http, chief, owners, monkeypatch):
    owners.judge(RecordSamples, Refused(kind=Kind.UNPROCESSABLE, code="bad_sample", detail="samples.0 must be good"))
    answer = await http.post(PATH, json={"samples": [GOOD]}, headers=chief)
    assert (answer.status_code, answer.json()["detail"]) == (422, "samples.0 must be good")
