"""A ZIP whose bytes follow from its content: equal versions give equal archives."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson

from catalog.labelstore.datasets.version_rows import VersionImage

EPOCH = (1980, 1, 1, 0, 0, 0)
BUFFER = 1 << 20
INDEX = "images.jsonl"
"""Member with a line of JSON for each picture: what formats cannot say of it."""


def index_line(image: VersionImage, name: str) -> bytes:
    """Returns what an import needs to know of a picture that has this name in the archive."""
    facts = {
        "name": name, "image_id": image.image_id, "source_path": image.source_path, "sha256": image.sha256,
        "width": image.width, "height": image.height, "split": image.split,
    }  # fmt: skip
    return orjson.dumps(facts) + b"\n"


def picture_name(image: VersionImage) -> str:
    """Returns a name for the picture that no other one of the version has, without folders."""
    return f"{image.image_id:08d}{PurePosixPath(image.file_name).suffix or '.jpg'}"


class Archive:
    """Texts are compressed, pictures are stored as they are; nothing is held in memory."""

    def __init__(self, path: Path) -> None:
        self._zip = ZipFile(path, "w", allowZip64=True)

    def text(self, name: str, content: str) -> None:
        self._zip.writestr(self._info(name, ZIP_DEFLATED), content)

    def json(self, name: str, content: object) -> None:
        self.text(name, json.dumps(content, indent=1))

    def file(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            self.stream(name, iter(lambda: source.read(BUFFER), b""), ZIP_DEFLATED)

    def stream(self, name: str, pieces: Iterator[bytes], method: int = ZIP_STORED) -> None:
        with self._zip.open(self._info(name, method), "w", force_zip64=True) as target:
            for piece in pieces:
                target.write(piece)

    def close(self) -> None:
        self._zip.close()

    @staticmethod
    def _info(name: str, method: int) -> ZipInfo:
        info = ZipInfo(name, EPOCH)
        info.compress_type, info.external_attr = method, 0o644 << 16
        return info
