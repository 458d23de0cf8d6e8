"""What readers of annotation files find, before it is compared with the images of a campaign."""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from contracts.shared import MAX_EXAMPLES, Outcome, ReasonCount

MatchBy = Literal["file_name", "sha256"]
Units = Literal["pixels", "fractions", "map"]
"""Pixels of the stored grid, fractions of width and height of the image, or longitude and latitude."""
SIDES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
CLIMBS = 'Its name has a part "..".'


class BadImport(Exception):
    """Why a file cannot be imported at all, in words."""


class FoundImage(NamedTuple):
    """`name` is that of the picture in the file; what the file does not say is None. `source` is the path in the bucket
    that one of our own exports names."""

    name: str
    width: int | None = None
    height: int | None = None
    split: str | None = None
    sha256: str | None = None
    source: str | None = None


class FoundObject(NamedTuple):
    """`box` is (xmin, ymin, xmax, ymax), edges of pixels or fractions; `shape` is one of `contracts.catalog
    .label_geometry`, or a GeoJSON geometry on the map. `where` names the object in the file."""

    where: str
    label: str
    box: tuple[float, float, float, float] | None = None
    shape: dict[str, Any] | None = None
    units: Units = "pixels"
    confidence: float | None = None
    original: str | None = None


@dataclass
class Tally:
    """Counts things by a reason, with the first examples of each. Its size does not grow with what it counts."""

    found: dict[str, ReasonCount] = field(default_factory=dict)

    def add(self, reason: str, example: str, count: int = 1) -> None:
        one = self.found.setdefault(reason, ReasonCount(reason=reason, count=0))
        examples = [*one.examples, example] if len(one.examples) < MAX_EXAMPLES else one.examples
        self.found[reason] = ReasonCount(reason=reason, count=one.count + count, examples=examples)

    def add_all(self, other: ReasonCount) -> None:
        one = self.found.setdefault(other.reason, ReasonCount(reason=other.reason, count=0))
        examples = [*one.examples, *other.examples][:MAX_EXAMPLES]
        self.found[other.reason] = ReasonCount(reason=other.reason, count=one.count + other.count, examples=examples)

    @property
    def total(self) -> int:
        return sum(one.count for one in self.found.values())

    def counts(self) -> list[ReasonCount]:
        """Returns the reasons, the most frequent one first."""
        return sorted(self.found.values(), key=lambda one: -one.count)


def outcome(done: int, left_out: Tally, altered: Tally) -> Outcome:
    return Outcome(
        wanted=done + left_out.total, done=done, left_out=left_out.counts(), altered=altered.counts()
    )  # fmt: skip


def side_of_path(path: str) -> str | None:
    """Returns the side of the split that the words of a path name, such as `labels/val` or `instances_train2017`."""
    words = "".join(sign if sign.isalpha() else " " for sign in path.lower()).split()
    return next((SIDES[word] for word in words if word in SIDES), None)


def clean_name(name: str) -> str:
    """Returns the name of a picture with `/` between its parts. Raises ValueError for one that climbs out of its
    folder."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise ValueError(CLIMBS)
    return "/".join(parts)
