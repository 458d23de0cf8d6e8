"""Writes geometries into PostGIS."""

import shapely
from geoalchemy2.elements import WKBElement
from geoalchemy2.shape import from_shape


def to_postgis(geometry: shapely.Geometry) -> WKBElement:
    """Returns the geometry in EPSG:4326 without loss: unless `extended`, GeoAlchemy2 sends a text that rounds
    coordinates."""
    return from_shape(geometry, 4326, extended=True)
