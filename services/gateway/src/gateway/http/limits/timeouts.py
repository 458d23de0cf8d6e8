"""How many seconds a request waits for owners that call another server."""

PIPELINE_SERVER_WAIT = 10.0
"""An answer that comes from the pipeline server, or from Mapswipe."""
STAC_WAIT = 10.0
"""The verdict of a command that writes to the STAC catalogue."""
PROMOTION_WAIT = 12.0
"""The verdict of a promotion, which copies files and writes to the STAC catalogue."""
STORAGE_WAIT = 5.0
"""An answer about files of the object store."""
OSM_CONVERSION_WAIT = 10.0
"""GeoJSON as OSM XML."""
INFERENCE_DEADLINE = 60.0
"""The whole request that predicts a small area while its caller waits."""
