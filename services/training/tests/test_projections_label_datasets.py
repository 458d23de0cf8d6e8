"""A version of the label store whose event has not come yet is asked for."""

from typing import Any, cast

import pytest

from contracts.base import Query
from contracts.catalog.datasets import GetDataset
from contracts.catalog.label_datasets import FindLabelDataset
from contracts.shared import Actor
from kit.errors import Forbidden, NotFound
from kit.messaging.tx import Tx
from training.projections.fetch import fetch_dataset

VERSION = {
    "dataset_id": 11, "chips_uri": "s3://b/images/", "labels_uri": "s3://b/annotations.geojson",
    "keywords": ["building"], "chip_count": 5, "georeferenced": 5,
}  # fmt: skip


class Catalog:
    """Knows one version, and no dataset of its own."""

    def __init__(self, version: dict[str, Any] | Exception) -> None:
        self.version = version

    async def query_json(self, query: Query, actor: Actor) -> dict[str, Any] | None:
        if isinstance(query, GetDataset):
            raise NotFound("dataset_not_found")
        assert isinstance(query, FindLabelDataset)
        if isinstance(self.version, Exception):
            raise self.version
        return self.version


class Written:
    """Takes what a transaction is to write."""

    actor = Actor(id=1, username="admin")

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def upsert(self, table: Any, keys: list[str], newer: str, **values: Any) -> None:
        self.rows.append(values)


async def fetched(version: dict[str, Any] | Exception) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    tx = Written()
    row = await fetch_dataset("danube-v2", cast(Tx, tx), Catalog(version), cast(Any, None))
    return row, tx.rows


async def test_a_version_is_asked_for_and_remembered():
    row, written = await fetched(VERSION)
    assert (row["dataset_id"], row["facts"]["geometry_type"]) == (-11, "polygon")
    assert [one["stac_id"] for one in written] == ["danube-v2"]
    assert written[0]["facts"]["labels_uri"] == VERSION["labels_uri"]


@pytest.mark.parametrize(
    "version",
    [NotFound("not_found"), Forbidden("not_authorized"), {**VERSION, "georeferenced": 4}, {**VERSION, "chip_count": 0}],
    ids=["unknown", "not for him", "not on the map", "empty"],
)
async def test_others_are_no_datasets(version: dict[str, Any] | Exception):
    with pytest.raises(NotFound, match="danube-v2"):
        await fetched(version)
