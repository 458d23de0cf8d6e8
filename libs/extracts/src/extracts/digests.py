"""Sizes and hashes of files, in one reading."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True)
class FileDigest:
    """Hashes are lower-case hex."""

    bytes: int
    sha1: str
    sha256: str
    md5: str

    @property
    def multihash(self) -> str:
        """As STAC's `file:checksum` has it."""
        return f"1220{self.sha256}"


def digest(path: Path) -> FileDigest:
    """SHA-1 and MD5 are for comparing with what others published, not for trust."""
    sums = [hashlib.sha1(usedforsecurity=False), hashlib.sha256(), hashlib.md5(usedforsecurity=False)]
    size = 0
    with path.open("rb") as file:
        while content := file.read(CHUNK):
            size += len(content)
            for one in sums:
                one.update(content)
    sha1, sha256, md5 = (one.hexdigest() for one in sums)
    return FileDigest(size, sha1, sha256, md5)
