"""Media types of files by their extension: a folder of the machine keeps none, and buckets filled by others have wrong
ones."""

from kit.storage.port import BINARY

MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "geojson": "application/geo+json",
    "txt": "text/plain; charset=utf-8",
    "csv": "text/csv",
    "tif": "image/tiff; application=geotiff",
    "gpkg": "application/geopackage+sqlite3",
    "fgb": "application/flatgeobuf",
    "parquet": "application/vnd.apache.parquet",
    "pmtiles": "application/vnd.pmtiles",
    "zip": "application/zip",
}


def media_type(name: str) -> str:
    """Returns the media type of a file name."""
    return MEDIA_TYPES.get(name.rpartition(".")[2].lower(), BINARY)
