"""How far a child process is, told through a small file."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProgressFile:
    """What is told here runs from 0 to 1 and lies between `start` and `end` of the whole."""

    file: Path
    start: float = 0.0
    end: float = 1.0

    def write(self, done: float) -> None:
        draft = self.file.with_suffix(".new")
        draft.write_text(str(self.start + (self.end - self.start) * min(max(done, 0.0), 1.0)))
        draft.replace(self.file)

    def part(self, start: float, end: float) -> "ProgressFile":
        length = self.end - self.start
        return ProgressFile(self.file, self.start + start * length, self.start + end * length)

    def read(self) -> float:
        return float(self.file.read_text()) if self.file.exists() else 0.0
