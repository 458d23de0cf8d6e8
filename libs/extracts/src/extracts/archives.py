"""ZIP archives of sources, unpacked whole or not at all, within limits and within the folder."""

import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from lzma import LZMAError
from pathlib import Path, PurePosixPath
from typing import IO

from extracts.errors import SourceInvalid, SourceNotAvailable

CHUNK = 1 << 20
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


@dataclass(frozen=True)
class UnpackLimits:
    """`bytes`: of all members, as they come out of the archive."""

    bytes: int = 200 << 30
    members: int = 10_000


def unpack(archive: Path, folder: Path, limits: UnpackLimits | None = None) -> list[Path]:
    """The files below `folder`, in the archive's order. SourceInvalid leaves nothing of them.

    Refused are members that would land outside, links, the same name twice, encrypted or damaged members, and archives
    that hold more than the limits or than fits on the disk.
    """
    limits = limits or UnpackLimits()
    if not archive.exists():
        raise SourceNotAvailable("source_missing", f"{archive.name} is not there.")
    folder.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder))
    try:
        with _opened(archive) as members:
            names = _checked(archive, members.infolist(), limits, folder)
            _extract(archive, members, names, draft)
        return [_moved(draft / name, folder / name) for name in names]
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as members:
            yield members
    except (zipfile.BadZipFile, NotImplementedError, EOFError, UnicodeDecodeError) as error:
        raise SourceInvalid("archive_damaged", f"{archive.name} is no ZIP archive, or is damaged: {error}") from error


def _checked(archive: Path, members: list[zipfile.ZipInfo], limits: UnpackLimits, folder: Path) -> list[str]:
    """Names of files. What the archive says of itself is checked before anything is written."""
    files = [one for one in members if not one.is_dir()]
    if len(files) > limits.members:
        raise SourceInvalid("archive_too_large", f"{archive.name} has more than {limits.members:,} files.")
    size, free = sum(one.file_size for one in files), shutil.disk_usage(folder).free
    if size > min(limits.bytes, free):
        allowed = min(limits.bytes, free)
        raise SourceInvalid("archive_too_large", f"{archive.name} holds {size:,} bytes; at most {allowed:,} fit.")
    if sum(one.compress_size for one in files) > archive.stat().st_size:
        raise SourceInvalid("archive_unsafe", f"Files in {archive.name} lie on top of each other.")
    for one in members:
        _check_member(archive, one)
    names = [one.filename for one in files]
    if len({name.casefold() for name in names}) < len(names):
        raise SourceInvalid("archive_unsafe", f"{archive.name} holds a file of the same name twice.")
    return names


def _check_member(archive: Path, member: zipfile.ZipInfo) -> None:
    path, mode = PurePosixPath(member.filename), member.external_attr >> 16
    escapes = path.is_absolute() or ".." in path.parts or "\\" in member.filename or "\0" in member.orig_filename
    if escapes or not path.parts or ":" in path.parts[0]:
        raise SourceInvalid(
            "archive_unsafe", f"{archive.name} holds {member.filename!r:.80}, which lies outside of it."
        )
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or not stat.S_IFMT(mode)):
        raise SourceInvalid("archive_unsafe", f"{archive.name} holds {member.filename!r:.80}, which is a link.")
    if member.flag_bits & 1 or member.compress_type not in METHODS:
        raise SourceInvalid("archive_damaged", f"{archive.name} is encrypted or packed in an unknown way.")


def _extract(archive: Path, members: zipfile.ZipFile, names: list[str], draft: Path) -> None:
    """No member gives more than it says, which was checked: reading ends there, and its checksum is wrong then."""
    for name in names:
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        with members.open(name) as packed, (draft / name).open("wb") as file:
            while content := _read(archive, packed):
                file.write(content)


def _read(archive: Path, packed: IO[bytes]) -> bytes:
    """Decoders raise what they like for damaged content."""
    try:
        return packed.read(CHUNK)
    except (zlib.error, LZMAError, OSError, ValueError) as error:
        raise SourceInvalid("archive_damaged", f"{archive.name} is damaged: {error}") from error


def _moved(draft: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(draft, target)
    return target
