"""How far a child process is, told through a small file."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Share:
    """What is told here runs from 0 to 1 and lies between `start` and `end` of the whole."""

    file: Path
    start: float = 0.0
    end: float = 1.0

    def tell(self, done: float) -> None:
        draft = self.file.with_suffix(".new")
        draft.write_text(str(self.start + (self.end - self.start) * min(max(done, 0.0), 1.0)))
        draft.replace(self.file)

    def part(self, start: float, end: float) -> "Share":
        length = self.end - self.start
        return Share(self.file, self.start + start * length, self.start + end * length)

    def told(self) -> float:
        return float(self.file.read_text()) if self.file.exists() else 0.0
