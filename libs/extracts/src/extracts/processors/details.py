"""What became of pixels and features, as jobs and data packages say it."""

from dataclasses import astuple
from typing import Any

from extracts.raster import RasterExtract
from extracts.vector import VectorExtract


def raster_details(made: RasterExtract) -> dict[str, Any]:
    return {"window": list(astuple(made.window)), "pixels": made.pixels}


def vector_details(made: VectorExtract) -> dict[str, Any]:
    """Counts; what was left out by reason; columns that have another name or became JSON text."""
    counts = made.counts
    return {
        "read": counts.read, "whole": counts.whole, "cut": counts.cut, "features": counts.parts,
        "repaired": counts.repaired, "skipped": dict(counts.skipped), "renamed": dict(made.renamed),
        "as_json": list(made.as_json),
    }  # fmt: skip
