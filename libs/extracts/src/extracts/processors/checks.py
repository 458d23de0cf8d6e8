"""Checks of cached sources, remembered while a file stays as it is: hashing 50 GB takes minutes."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import orjson

from extracts.digests import digest
from extracts.drafts import draft_of
from extracts.processors.source_files import Source
from extracts.sources import check_digest, check_file, check_raster, check_vector


@dataclass(frozen=True)
class Checked:
    """`sha256`: of the file; an address for a raster that is read in place. `striped`: a raster without tiles."""

    identity: str
    striped: bool
    sha256: str


def check_source(path: Path, source: Source) -> Checked:
    """SourceInvalid unless size, hashes, coordinate system and structure are as expected."""
    identity = _identity(path, source)
    check_file(path, replace(source.expected, sha1=None, sha256=None, md5=None))
    found = digest(path)
    check_digest(path.name, found, source.expected)
    return Checked(identity, _check_structure(path, source), found.sha256)


def _check_structure(path: Path, source: Source) -> bool:
    expected = replace(source.expected, sha1=None, sha256=None, md5=None)
    if source.kind == "raster":
        return check_raster(path, expected).striped
    if source.kind in ("vector", "archive"):
        check_vector(path, expected)
    return False


def read_check(remembered: Path, path: Path, source: Source) -> Checked | None:
    """The earlier result, if file and expectations are the same."""
    try:
        found = Checked(**orjson.loads(remembered.read_bytes()))
    except (OSError, TypeError, orjson.JSONDecodeError):
        return None
    return found if found.identity == _identity(path, source) else None


def write_check(remembered: Path, found: Checked) -> None:
    with draft_of(remembered) as draft:
        draft.write_bytes(orjson.dumps(asdict(found)))


def _identity(path: Path, source: Source) -> str:
    stat = path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ino} {source.kind} {source.expected}"
