"""Takes a minute and reports all the while; writes its process id beside its file."""

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extracts.estimate import VectorEstimate
from extracts.processors import CC_BY, Inputs, Metadata, Part, Processor, Progress, Request, Source

METADATA = Metadata(
    description="Slow", dataset_name="slow", author="Nobody", license=CC_BY, origin_url="http://slow.example"
)


@dataclass(frozen=True, kw_only=True)
class Slow(Processor):
    def parts(self, dataset: str, version: str, request: Request, sources: tuple[Source, ...]) -> list[Part]:
        return [Part(0, f"{dataset}-{version}-{request.boundary}.gpkg", "GPKG", None)]

    def make(self, part: Part, request: Request, inputs: Inputs, target: Path, progress: Progress) -> dict[str, Any]:
        Path(os.environ["SLOW_PID"]).write_text(str(os.getpid()))
        for step in range(600):
            time.sleep(0.1)
            progress(step / 600)
        return {}

    def estimate(self, part: Part, request: Request, inputs: Inputs) -> VectorEstimate:
        return VectorEstimate(0, 0, 60.0, {}, True)


PROCESSOR = Slow()
