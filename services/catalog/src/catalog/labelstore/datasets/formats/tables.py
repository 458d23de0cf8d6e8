"""CSV and GeoJSON."""

from pathlib import Path
from typing import Any

import orjson

from catalog.labelstore.datasets.formats.hashed_file import HashedFile
from catalog.labelstore.datasets.version_rows import VersionImage, VersionObject


def _cell(text: str) -> str:
    """Quotes a cell (RFC 4180)."""
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


def _on_map(one: VersionObject, image: VersionImage) -> dict[str, Any] | None:
    """Loads libraries of geometry for georeferenced images only."""
    if image.georef is None:
        return None
    from catalog.labelstore.datasets.formats.geometry import on_map

    return on_map(one, image)


class CsvWriter:
    """A row for each image; its labels are JSON lists."""

    def __init__(self, path: Path) -> None:
        self.file = HashedFile(path)
        self.file.write(b"image_url,label,label_confidence\r\n")

    def add(self, image: VersionImage) -> None:
        labels = [
            {"label": one.label, "bottomX": one.xmin, "topX": one.xmax, "bottomY": one.ymin, "topY": one.ymax}
            for one in image.objects
        ]
        url = image.source_path.removeprefix("/").partition("/")[2]
        cells = url, orjson.dumps(labels).decode(), orjson.dumps([one.confidence for one in image.objects]).decode()
        self.file.write((",".join(map(_cell, cells)) + "\r\n").encode())

    def close(self) -> HashedFile:
        self.file.__exit__()
        return self.file


class GeoJsonWriter:
    """A feature for each object: where it is on the map, else where its picture was taken, else without a geometry.
    `sources` counts the three. The member `splits`, in a version that is split, maps names of files to their side, also
    of images without objects."""

    def __init__(self, path: Path) -> None:
        self.file = HashedFile(path)
        self._splits = HashedFile(path.with_suffix(".splits"))
        self.sources = {"georef": 0, "image_location": 0, "none": 0}
        self.file.write(b'{"type":"FeatureCollection","features":[')

    def add(self, image: VersionImage) -> None:
        for one in image.objects:
            is_first = not any(self.sources.values())
            self.file.write((b"\n" if is_first else b",\n") + self._feature(one, image))
        if image.split:
            side = orjson.dumps({image.file_name: image.split})[1:-1]
            self._splits.write((b",\n" if self._splits.size else b"") + side)

    def _feature(self, one: VersionObject, image: VersionImage) -> bytes:
        geometry, source = _on_map(one, image), "georef"
        if geometry is None:
            known = image.lat is not None and image.lon is not None
            geometry = {"type": "Point", "coordinates": [image.lon, image.lat]} if known else None
            source = "image_location" if known else "none"
        self.sources[source] += 1
        properties = {
            "image_id": image.image_id, "object_id": one.object_id, "campaign_id": image.campaign_id,
            "label": one.label, "label_original": one.label_original, "confidence": one.confidence,
            "bbox_px": [one.xmin, one.ymin, one.xmax, one.ymax], "geometry_source": source, "class": one.label,
            "file_name": image.file_name,
        }  # fmt: skip
        if one.shape:
            properties["geometry_px"] = one.shape
        return orjson.dumps({"type": "Feature", "geometry": geometry, "properties": properties})

    def close(self) -> HashedFile:
        self._splits.__exit__()
        self.file.write(b"]")
        if self._splits.size:
            self.file.write(b',"splits":{')
            self.file.append(self._splits.path)
            self.file.write(b"}")
        self._splits.path.unlink()
        self.file.write(b"}")
        self.file.__exit__()
        return self.file
