"""A processor as a process of OGC API - Processes."""

from typing import Any, get_args

from contracts.catalog.package_jobs import Outside, RasterDriver, VectorDriver

INPUTS: dict[str, Any] = {
    "boundary": {"title": "Name of a stored boundary", "minOccurs": 0, "schema": {"type": "string"}},
    "area": {
        "title": "Own area in EPSG:4326, instead of a boundary", "minOccurs": 0,
        "schema": {"type": "object", "contentMediaType": "application/geo+json"},
    },
    "raster": {"title": "Format of rasters", "minOccurs": 0,
               "schema": {"type": "string", "enum": list(get_args(RasterDriver)), "default": "GTiff"}},
    "vector": {"title": "Format of vectors", "minOccurs": 0,
               "schema": {"type": "string", "enum": list(get_args(VectorDriver)), "default": "GPKG"}},
    "outside": {"title": "Whether what lies beyond the outline is kept", "minOccurs": 0,
                "schema": {"type": "string", "enum": list(get_args(Outside))}},
}  # fmt: skip
OUTPUTS = {"package": {"title": "Address of the package", "schema": {"type": "string", "format": "uri"}}}


def summary(version: dict[str, Any], links: list[dict[str, Any]]) -> dict[str, Any]:
    """`version`: the JSON of a `ProcessorVersion`."""
    return {
        "id": version["name"], "version": version.get("release") or version["version"],
        "title": version["data_title"] or version["name"], "description": version["description"],
        "jobControlOptions": ["async-execute", "dismiss"], "outputTransmission": ["reference"], "links": links,
    }  # fmt: skip


def description(version: dict[str, Any], links: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the summary with inputs and outputs."""
    return {**summary(version, links), "inputs": INPUTS, "outputs": OUTPUTS}
