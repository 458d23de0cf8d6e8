"""What became of each feature of an output, counted while features pass by."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.shared import MAX_EXAMPLES, Outcome, ReasonCount


@dataclass
class Reasons:
    """How often each reason applied, and the first features that it applied to."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, example: str) -> None:
        self.counts[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if len(examples) < MAX_EXAMPLES:
            examples.append(example)

    def listed(self) -> list[ReasonCount]:
        """The most frequent reason comes first."""
        return [
            ReasonCount(reason=reason, count=count, examples=self.examples[reason])
            for reason, count in self.counts.most_common()
        ]


@dataclass
class Tally:
    """`done` features are in the results."""

    done: int = 0
    left_out: Reasons = field(default_factory=Reasons)
    altered: Reasons = field(default_factory=Reasons)

    def outcome(self, renamed: Mapping[str, str]) -> Outcome:
        """`renamed`: names that FlatGeobuf cannot hold as they are, with the names of their columns."""
        for name, column in renamed.items():
            self.altered.add(RENAMED, f'"{name}" as "{column}"')
        return Outcome(
            wanted=self.done + self.left_out.counts.total(), done=self.done,
            left_out=self.left_out.listed(), altered=self.altered.listed(),
        )  # fmt: skip


RENAMED = "The FlatGeobuf file has this property under another name."
