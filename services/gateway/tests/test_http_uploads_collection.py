"""GeoJSON of any length, read window by window."""

import io
import json
import tracemalloc

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.uploads import feature_collection
from gateway.http.uploads.feature_collection import BadUpload, features_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
SPACES = st.sampled_from([None, 1, "\t"])


@given(st.lists(VALUES, min_size=1, max_size=8), VALUES, SPACES, st.booleans(), st.integers(1, 40))
def test_entries_are_those_that_a_reader_of_the_whole_finds(features, more, indent, first, chunk):
    members = [("type", "FeatureCollection"), ("note", more), ("features", features)]
    text = json.dumps(dict(members if first else members[::-1]), indent=indent, ensure_ascii=first)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feature_collection, "CHUNK", chunk)
        assert list(features_of(io.BytesIO(text.encode()))) == features


@given(st.binary(max_size=60) | st.text('[]{},:"typefaurs01 ', max_size=60).map(str.encode))
def test_what_is_no_collection_is_told(content):
    with pytest.raises(BadUpload):
        list(features_of(io.BytesIO(content)))


@given(st.data())
def test_a_file_that_ends_early_is_no_file(data):
    whole = orjson.dumps({"type": "FeatureCollection", "features": [{"a": "b"}, 5, [1.5, "x"]]})
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(BadUpload):
        list(features_of(io.BytesIO(whole[:end])))


def test_memory_does_not_grow_with_the_file():
    one = orjson.dumps({"type": "Feature", "geometry": {"type": "Point", "coordinates": [1.5, 2.5]}, "properties": {}})
    content = io.BytesIO(b'{"type":"FeatureCollection","features":[' + b",".join([one] * 60_000) + b"]}")
    tracemalloc.start()
    count = sum(1 for _ in features_of(content))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, peak < 2 << 20) == (60_000, True)


def test_a_value_without_an_end_is_given_up(monkeypatch):
    monkeypatch.setattr(feature_collection, "LONGEST", 1 << 20)
    endless = io.BytesIO(b'{"type":"FeatureCollection","features":[{"a":"' + b"x" * (3 << 20) + b'"}]}')
    with pytest.raises(BadUpload, match="too large"):
        list(features_of(endless))
