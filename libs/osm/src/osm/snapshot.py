"""The archive of a snapshot: a zip file with a GeoJSON of features and one of the area's outline."""

import io
import zipfile
from typing import Any

import orjson

MAX_ENTRIES = 10
MAX_BYTES = 128 << 20
MAX_RATIO = 100
SMALL = 1 << 20
"""Bytes up to which an archive may expand, whatever its own size."""


class BadSnapshot(Exception):
    """The archive cannot be read; the text is for a mapper."""


def read_snapshot(content: bytes, wanted: str) -> list[dict[str, Any]]:
    """Returns the features of the GeoJSON file `wanted`.

    Raises BadSnapshot for an archive that is damaged or expands beyond the limits.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            features = orjson.loads(_inflated(archive, wanted, len(content))).get("features")
    except (zipfile.BadZipFile, ValueError, AttributeError, KeyError, NotImplementedError, EOFError) as error:
        raise BadSnapshot("The OpenStreetMap data came as a broken archive.") from error
    return [one for one in features if isinstance(one, dict)] if isinstance(features, list) else []


def _inflated(archive: zipfile.ZipFile, wanted: str, size: int) -> bytes:
    if len(archive.namelist()) > MAX_ENTRIES:
        raise BadSnapshot("The OpenStreetMap data came as an archive of too many files.")
    cap = min(MAX_BYTES, max(size * MAX_RATIO, SMALL))
    with archive.open(_entry(archive, wanted)) as file:
        text = file.read(cap + 1)
    if len(text) > cap:
        raise BadSnapshot("There is too much OpenStreetMap data in this area. Draw it smaller.")
    return text


def _entry(archive: zipfile.ZipFile, wanted: str) -> str:
    """The file `wanted`, else another GeoJSON, never the outline of the area."""
    names = [name for name in archive.namelist() if name.endswith(".geojson") and "clipping_boundary" not in name]
    if not names:
        raise KeyError("no GeoJSON")
    return min(names, key=lambda name: not name.endswith(wanted))
