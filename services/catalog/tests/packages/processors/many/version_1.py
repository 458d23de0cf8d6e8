"""Many small files, twenty unless told otherwise; says in a log beside the cache which of them it made."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extracts.drafts import draft_of
from extracts.estimate import VectorEstimate
from extracts.processors import CC_BY, Inputs, Metadata, Part, Processor, Progress, Request, Source

FILES, SECONDS = int(os.environ.get("MANY_FILES", "20")), 0.02
LOG = "MANY_LOG"
METADATA = Metadata(
    description="Many files", dataset_name="many", author="Nobody", license=CC_BY, origin_url="http://many.example"
)


@dataclass(frozen=True, kw_only=True)
class Many(Processor):
    @property
    def formats(self) -> tuple[str, ...]:
        return ("GeoTIFF",)

    def parts(self, dataset: str, version: str, request: Request, sources: tuple[Source, ...]) -> list[Part]:
        return [Part(n, f"{dataset}-{version}-{n:03d}-{request.boundary}.tif", "GTiff", None) for n in range(FILES)]

    def make(self, part: Part, request: Request, inputs: Inputs, target: Path, progress: Progress) -> dict[str, Any]:
        time.sleep(SECONDS)
        progress(1.0)
        with draft_of(target) as draft:
            draft.write_text(f"file {part.number}\n")
        with Path(os.environ[LOG]).open("a") as log:
            log.write(f"{request.outline.sha256[:8]} {part.number}\n")
        return {}

    def estimate(self, part: Part, request: Request, inputs: Inputs) -> VectorEstimate:
        return VectorEstimate(0, 8, SECONDS, {}, True)


PROCESSOR = Many(several=True)
