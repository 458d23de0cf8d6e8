"""GeoJSON: our own, whose features name their images, or any FeatureCollection in EPSG:4326 with polygons."""

from typing import Any

import ijson
from ijson.common import JSONError

from catalog.labelstore.imports.formats.found import BadImport, FoundImage, FoundObject
from catalog.labelstore.imports.formats.source import Source
from catalog.labelstore.imports.spool import Spool
from geo.geojson import foreign_crs

NO_POLYGON = "It is no polygon."
LABELS = ("label", "class", "name")


def read(source: Source, spool: Spool, label: str = "object", **_: Any) -> None:
    names = [name for name in source.names if name.lower().endswith((".geojson", ".json")) and name != "export.json"]
    if not names:
        raise BadImport("There is no GeoJSON file in the archive.")
    for name in names:
        _check(source, name)
        _read_file(source, name, spool, label)


def _check(source: Source, name: str) -> None:
    try:
        with source.open(name) as file:
            kind = next(ijson.items(file, "type"), None)
        with source.open(name) as file:
            crs = foreign_crs({"crs": next(ijson.items(file, "crs"), None)})
    except (JSONError, UnicodeDecodeError) as error:
        raise BadImport(f"{name} is no valid JSON: {error}") from error
    if kind != "FeatureCollection":
        raise BadImport(f"{name} is no FeatureCollection.")
    if crs:
        raise BadImport(f"{name} is in {crs}. Save it in EPSG:4326 (WGS 84): longitude and latitude in degrees.")


def _read_file(source: Source, name: str, spool: Spool, label: str) -> None:
    with source.open(name) as file:
        try:
            for number, feature in enumerate(ijson.items(file, "features.item", use_float=True)):
                _add(spool, f"{name}: feature {number}", feature, label)
        except (JSONError, UnicodeDecodeError) as error:
            raise BadImport(f"{name} is no valid JSON: {error}") from error


def _add(spool: Spool, where: str, feature: Any, label: str) -> None:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    said = properties if isinstance(properties, dict) else {}
    name = next((said[key] for key in LABELS if isinstance(said.get(key), str) and said[key]), label)
    confidence = said.get("confidence")
    box, image = said.get("bbox_px"), said.get("image_id")
    if isinstance(box, list) and len(box) == 4 and isinstance(image, int):
        key, original = str(said.get("file_name") or f"id:{image}"), said.get("label_original")
        spool.add_image(FoundImage(key))
        shape = said.get("geometry_px") if isinstance(said.get("geometry_px"), dict) else None
        return spool.add_object(key, FoundObject(where, name, tuple(box), shape, "pixels", confidence, original))
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return spool.left_out.add(NO_POLYGON, where)
    return spool.add_object(None, FoundObject(where, name, None, geometry, "map", confidence))
