"""Processors of packages: each makes the files of one dataset version for one area.

A processor is one module, `<dataset>/<version>.py`, with `METADATA` and `PROCESSOR`; `discover` finds it. Nothing here
opens a connection: downloads come through `Fetch`, tables through `Tables`.
"""

from extracts.processors.base import Inputs, MadeFile, Part, Processor, Progress, TableRows, Tables
from extracts.processors.cache import Prepared, SourceCache, SourceLimits
from extracts.processors.estimates import Estimate, estimate
from extracts.processors.fetching import DownloadFolder, Fetch
from extracts.processors.files import FileProcessor
from extracts.processors.finishing import Result, finish
from extracts.processors.licenses import CC0, CC_BY, NATURAL_EARTH, ODBL
from extracts.processors.metadata import Metadata
from extracts.processors.registry import RegisteredProcessor, Registry, discover
from extracts.processors.request import Options, Request
from extracts.processors.run import make_part, prepare, run
from extracts.processors.source_files import Source, read_catalogue, zenodo
from extracts.processors.steps import Report, Steps
from extracts.processors.tables import PointsProcessor, RowsProcessor
from extracts.raster import RasterFormat
from extracts.sources import Expected
from extracts.vector import VectorFormat

__all__ = [
    "CC0", "CC_BY", "NATURAL_EARTH", "ODBL", "DownloadFolder", "Estimate", "Expected", "Fetch", "FileProcessor",
    "Inputs", "MadeFile", "Metadata", "Options", "Part", "PointsProcessor", "Prepared", "Processor", "Progress",
    "RasterFormat", "RegisteredProcessor", "Registry", "Report", "Request", "Result", "RowsProcessor", "Source",
    "SourceCache", "SourceLimits", "Steps", "TableRows", "Tables", "VectorFormat", "discover", "estimate", "finish",
    "make_part", "prepare", "read_catalogue", "run", "zenodo",
]  # fmt: skip
