"""Writes five bytes after a second: for tests of jobs, without a source."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extracts.drafts import draft_of
from extracts.estimate import VectorEstimate
from extracts.processors import CC_BY, Inputs, Metadata, Part, Processor, Progress, Request, Source, Steps

SECONDS = 1.0
CONTENT = b"test\n"
METADATA = Metadata(
    description="A test processor for nightlights",
    dataset_name="nightlights",
    author="Nightlights Author",
    license=CC_BY,
    origin_url="http://url",
    is_test=True,
)


@dataclass(frozen=True, kw_only=True)
class TestProcessor(Processor):
    @property
    def formats(self) -> tuple[str, ...]:
        return ("GeoTIFF",)

    def parts(self, dataset: str, version: str, request: Request, sources: tuple[Source, ...]) -> list[Part]:
        return [Part(0, f"{request.boundary}_test.tif", "GPKG", None)]

    def make(self, part: Part, request: Request, inputs: Inputs, target: Path, progress: Progress) -> dict[str, Any]:
        time.sleep(SECONDS)
        progress(1.0)
        with draft_of(target) as draft:
            draft.write_bytes(CONTENT)
        return {}

    def estimate(self, part: Part, request: Request, inputs: Inputs) -> VectorEstimate:
        return VectorEstimate(0, len(CONTENT), SECONDS, {}, True)


PROCESSOR = TestProcessor(
    has_pages=False, steps=Steps(fetching=None, cropping=(30, 30), moving=30, label="waiting", documentation=())
)
