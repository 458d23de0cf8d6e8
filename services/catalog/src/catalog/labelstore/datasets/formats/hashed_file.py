"""A file that is written once, with its size and SHA-256."""

from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Self

BUFFER = 1 << 20


class HashedFile:
    """Opened for writing by `with`; `size` and `sha256` are those of what was written."""

    def __init__(self, path: Path) -> None:
        self.path, self.size, self._digest = path, 0, sha256()
        self._file: BinaryIO = path.open("wb", buffering=BUFFER)

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def append(self, path: Path) -> None:
        """Writes the content of another file."""
        with path.open("rb") as source:
            while piece := source.read(BUFFER):
                self.write(piece)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
