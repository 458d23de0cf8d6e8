"""Annotations at the door: what is asked of their owner, what is refused before."""

from typing import Any

import pytest
from doors import door_bus, door_owners, http, owners

from contracts.notify.annotations import AddAnnotation, DeleteAnnotation, ListAnnotations
from contracts.verdict import Accepted

__all__ = ["door_bus", "door_owners", "http", "owners"]
PATH = "/api/v1/annotations"
ROW = {"id": 3, "begin": 1000, "end": None, "text": "New imagery", "tags": ["imagery"]}


async def test_annotations_are_listed_for_everybody(http, owners):
    owners.answer(ListAnnotations, {"annotations": [ROW], "truncated": False})
    answer = await http.get(PATH, params={"from": 0, "to": 5000, "tags": ["imagery", "new"]})
    assert answer.json()["annotations"] == [ROW]
    assert owners.last(ListAnnotations) == {"begin": 0, "end": 5000, "tags": ["imagery", "new"], "limit": 1000}


async def test_operators_write_them(http, owners, chief, mapper):
    owners.judge(AddAnnotation, Accepted(http=201, result=ROW))
    body = {"begin": 1000, "text": "New imagery", "tags": ["imagery"]}
    assert (await http.post(PATH, json=body, headers=mapper)).status_code == 403
    answer = await http.post(PATH, json=body, headers=chief)
    assert (answer.status_code, answer.json()) == (201, ROW)
    assert owners.last(AddAnnotation) == {**body, "end": None}
    owners.judge(DeleteAnnotation, Accepted(http=204, result=None))
    assert (await http.delete(f"{PATH}/3", headers=chief)).status_code == 204
    assert (await http.delete(f"{PATH}/3")).status_code == 401


BAD: list[Any] = [
    {}, {"begin": 1}, {"begin": -1, "text": "x"}, {"begin": 1, "text": ""}, {"begin": 1, "text": "x", "tags": [""]},
    {"begin": 1, "text": "x" * 1001}, {"begin": 2**53, "text": "x"},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=[str(number) for number in range(len(BAD))])
async def test_wrong_bodies_are_422(http, chief, owners, body):
    answer = await http.post(PATH, json=body, headers=chief)
    assert (answer.status_code, owners.heard) == (422, [])
    assert answer.json()["detail"][0]["loc"][0] == "body"


@pytest.mark.parametrize("query", [{}, {"from": 1}, {"from": "x", "to": 2}, {"from": 1, "to": 2**60}])
async def test_wrong_times_are_422(http, owners, query):
    answer = await http.get(PATH, params=query)
    assert (answer.status_code, answer.json()["detail"][0]["loc"][0]) == (422, "query")
