"""The file that is imported: one file, or a ZIP. Nothing of it is unpacked to disk: names of members lead
nowhere."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO

from catalog.labelstore.imports.formats.found import BadImport

MAX_MEMBERS = 1_000_000
MAX_RATIO = 200
"""Times that a member is larger than its compressed bytes; text of labels is some 20 times larger."""
SMALL = 1 << 20
"""Bytes below which a member may be compressed better than that."""
MAX_TEXT = 32 << 20
"""Bytes of a file with the objects of one image, or of a list."""
MAX_JSON = 16 << 30
BOMB = "{} is {:,} bytes of {:,} compressed ones: the archive is refused."


class Source:
    """Opened by `with`. `names` are the members of the ZIP; a single file has the name that it was given."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self._zip = path, None
        if zipfile.is_zipfile(path):
            self._zip = _opened(path)
            self._members = {info.filename.replace("\\", "/"): info for info in self._zip.infolist()}
            self.names = [name for name in self._members if not name.endswith("/")]
        else:
            self.names = [name]

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        if self._zip:
            self._zip.close()

    @contextmanager
    def open(self, name: str, most: int = MAX_JSON) -> Iterator[IO[bytes]]:
        """Raises BadImport for a member that is too large, damaged or encrypted."""
        try:
            with self._opened(name, most) as file:
                yield file
        except (zipfile.BadZipFile, RuntimeError, EOFError, NotImplementedError) as error:
            raise BadImport(f"{name} cannot be read: {error}.") from error

    def _opened(self, name: str, most: int) -> IO[bytes]:
        size = self._members[name].file_size if self._zip else self.path.stat().st_size
        if size > most:
            raise BadImport(f"{name} has {size:,} bytes; at most {most:,} are read.")
        return self._zip.open(self._members[name]) if self._zip else self.path.open("rb")

    def text(self, name: str) -> str:
        """Returns a small file as text."""
        with self.open(name, MAX_TEXT) as file:
            data = file.read()
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise BadImport(f"{name} is no text in UTF-8.") from error

    def sha256(self, name: str) -> str:
        digest = sha256()
        with self.open(name) as file:
            while piece := file.read(SMALL):
                digest.update(piece)
        return digest.hexdigest()


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        found = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise BadImport(f"The archive cannot be read: {error}.") from error
    infos = found.infolist()
    if len(infos) > MAX_MEMBERS:
        raise BadImport(f"The archive has {len(infos):,} members; at most {MAX_MEMBERS:,} are read.")
    for info in infos:
        if info.file_size > SMALL and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise BadImport(BOMB.format(info.filename, info.file_size, info.compress_size))
    return found
