"""rasterio for files and arrays of our own."""


def without_sessions() -> None:
    """Call it before rasterio, which makes a session of boto3 for each file and each array where the keys of an object
    store are in the environment. That takes longer than the work (decision 0160)."""
    import rasterio.session

    rasterio.session.boto3 = None  # type: ignore[assignment] # as where boto3 is not installed
