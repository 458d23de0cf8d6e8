"""Where the files of a result are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.storage.object_storage import Storage

FORMATS = ("geojson", "fgb", "pmtiles")
FILES = frozenset(
    {*(f"predictions.{ending}" for ending in FORMATS), "predictions_points.geojson", "removed_osm.geojson"}
)


def output_folder(prediction_id: int) -> str:
    return f"predict/{prediction_id}/output"


@dataclass(frozen=True)
class Addresses:
    """`base` is the public address of the API, `/api/v1` included. Without it the addresses are those of the store, and
    work for a while only."""

    storage: Storage
    base: str | None

    def of(self, row: Mapping[str, Any]) -> dict[str, str] | None:
        """By format; no address of PMTiles where there were no features to write."""
        if not row["results_ready"]:
            return None
        endings = [ending for ending in FORMATS if ending != "pmtiles" or row["has_pmtiles"]]
        return {ending: self._address(row, f"predictions.{ending}") for ending in endings}

    def _address(self, row: Mapping[str, Any], name: str) -> str:
        """Private results have a token of their own in it: whoever sees the address may load the file."""
        if self.base is None:
            return self.storage.presigned(f"{output_folder(row['id'])}/{name}")
        token = "" if row["visibility"] == "public" else f"?token={row['results_token']}"
        return f"{self.base}/predictions/{row['id']}/results/{name}{token}"
