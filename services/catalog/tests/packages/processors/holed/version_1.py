"""A raster of one corner of the world, which the test makes."""

from extracts.processors import CC_BY, Expected, FileProcessor, Metadata, Source

METADATA = Metadata(
    description="A corner", dataset_name="corner", author="Nobody", license=CC_BY, origin_url="http://corner.example"
)
PROCESSOR = FileProcessor(sources=(Source("corner.tif", "raster", expected=Expected(crs="EPSG:4326")),))
