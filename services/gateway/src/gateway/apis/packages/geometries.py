"""Geometries in the OpenAPI document: they refer to the schemas of GeoJSON and of data packages."""

from typing import Annotated, Any

from pydantic import WithJsonSchema

POLYGON = Annotated[dict[str, Any], WithJsonSchema({"$ref": "https://geojson.org/schema/Polygon.json"})]
MULTI_POLYGON = Annotated[dict[str, Any], WithJsonSchema({"$ref": "https://geojson.org/schema/MultiPolygon.json"})]
DATA_PACKAGE = Annotated[
    dict[str, Any], WithJsonSchema({"$ref": "https://specs.frictionlessdata.io/schemas/data-package.json"})
]
