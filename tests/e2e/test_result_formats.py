"""The three ways to read a result agree: the GeoJSON file, the FlatGeobuf, and the features answer of the catalog."""

import json
import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from catalog.files.features import features_at
from prediction.results.columns import Columns
from prediction.results.formats import Lines, write_fgb

WORLD = (-180.0, -90.0, 180.0, 90.0)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from([
    "2026-05-01", "2026-05-01T10:00:00Z", "2026-05-01T10:00:00+05:45", "10:30:00", "true", "1", "1e5", "NaN", "{}",
    "[1, 2]", '{"a": 1}', "", "null", "(1:a)",
])  # fmt: skip
WHOLE = st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 5) | st.sampled_from([2**53, 2**53 + 1, -(2**63), 2**31])
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = [st.booleans(), WHOLE, st.integers(-1000, 1000), NUMBERS, TEXTS, WHOLE | NUMBERS]
NESTED = st.recursive(st.one_of(PLAIN), lambda of: st.lists(of, max_size=3) | st.dictionaries(TEXTS, of, max_size=3))
NAMES = TEXTS | st.sampled_from(
    ["a", "A", "fid", "ogc_fid", "OGC_FID", "id", "geometry", "wkb_geometry", "addr:street"]
)


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows whose columns mostly have one type, some of whose values are missing or null."""
    kinds = draw(st.dictionaries(NAMES, st.sampled_from([*PLAIN, NESTED, st.none()]), max_size=4))
    cells = {name: kind | st.none() if draw(st.booleans()) else kind for name, kind in kinds.items()}
    return draw(st.lists(st.fixed_dictionaries({}, optional=cells), min_size=1, max_size=4))


@pytest.mark.timeout(1800)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=tables())
@example([{"a": -(10**18) - 1}])
def test_geojson_flatgeobuf_and_features_answer_have_the_same_values(rows: list[dict[str, Any]]):
    with TemporaryDirectory() as folder:
        features = _written(Path(folder), rows)
        answer = json.loads(features_at(f"{folder}/r.fgb", WORLD, 0, 100))["features"]
    for one, other in zip(features, sorted(answer, key=_place), strict=True):
        assert one["geometry"] == other["geometry"]
        assert _typed(one["properties"]) == _typed(other["properties"])


def _written(folder: Path, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The features of the GeoJSON file, beside which the FlatGeobuf is made."""
    columns = Columns()
    with Lines(folder / "r.geojson") as lines:
        for number, properties in enumerate(rows):
            lines.write([{"type": "Feature", "geometry": _square(number), "properties": properties}])
            columns.see(properties)
    write_fgb(folder / "r.geojson", folder / "r.fgb", columns.table())
    return json.loads((folder / "r.geojson").read_text())["features"]


def _square(number: int) -> dict[str, Any]:
    x = number + 0.1234567890123
    return {"type": "Polygon", "coordinates": [[[x, 0.1], [x + 0.3, 0.1], [x + 0.3, 0.7], [x, 0.1]]]}


def _place(feature: dict[str, Any]) -> float:
    return feature["geometry"]["coordinates"][0][0][0]


def _typed(value: Any) -> Any:
    """Values with their JSON types; what is null counts as missing, and 1 is 1.0."""
    if isinstance(value, dict):
        return {name: _typed(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_typed(one) for one in value]
    if isinstance(value, float) and value.is_integer() and math.fabs(value) <= 2**53:
        return ("number", int(value))
    return ("number" if type(value) in (int, float) else type(value).__name__, value)
