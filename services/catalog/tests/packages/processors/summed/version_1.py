"""A raster whose checksum is not that of the file."""

from extracts.processors import CC_BY, Expected, FileProcessor, Metadata, Source

METADATA = Metadata(
    description="A wrong sum", dataset_name="summed", author="Nobody", license=CC_BY, origin_url="http://sum.example"
)
PROCESSOR = FileProcessor(sources=(Source("corner.tif", "raster", expected=Expected(sha1="0" * 40)),))
