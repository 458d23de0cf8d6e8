"""One small file at once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extracts.drafts import draft_of
from extracts.estimate import VectorEstimate
from extracts.processors import CC_BY, Inputs, Metadata, Part, Processor, Progress, Request, Source

METADATA = Metadata(
    description="Quick", dataset_name="quick", author="Nobody", license=CC_BY, origin_url="http://quick.example"
)


@dataclass(frozen=True, kw_only=True)
class Quick(Processor):
    def parts(self, dataset: str, version: str, request: Request, sources: tuple[Source, ...]) -> list[Part]:
        return [Part(0, f"{dataset}-{version}-{request.boundary}.gpkg", "GPKG", None)]

    def make(self, part: Part, request: Request, inputs: Inputs, target: Path, progress: Progress) -> dict[str, Any]:
        with draft_of(target) as draft:
            draft.write_text("quick\n")
        return {"features": 1}

    def estimate(self, part: Part, request: Request, inputs: Inputs) -> VectorEstimate:
        return VectorEstimate(1, 6, 0.0, {"Point": 1}, True)


PROCESSOR = Quick()
