"""Keys of a dataset's files in the object store."""


def home(stac_id: str) -> str:
    return f"datasets/{stac_id}/"


def chips(stac_id: str) -> str:
    """The folder, with a slash at its end."""
    return f"{home(stac_id)}chips/"


def labels(stac_id: str) -> str:
    return f"{home(stac_id)}labels/labels.geojson"


def areas(stac_id: str) -> str:
    return f"{home(stac_id)}labels/aois.geojson"


def vector_tiles(stac_id: str) -> str:
    return f"{home(stac_id)}labels/meta.pmtiles"


def archive(stac_id: str) -> str:
    return f"{home(stac_id)}download/{stac_id}.zip"
