"""Source files on the disk of a worker: fetched once, checked before every use, shared with others on this disk."""

import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from extracts.archives import UnpackLimits, unpack
from extracts.errors import ExtractError, SourceInvalid, SourceNotAvailable
from extracts.processors.checks import Checked, check_source, read_check, write_check
from extracts.processors.fetching import Fetch
from extracts.processors.locks import locked
from extracts.processors.source_files import Source, published_md5
from extracts.raster.retile import retile
from extracts.sources import Expected, check_file


@dataclass(frozen=True)
class SourceLimits:
    """`file_bytes`: of a file that is fetched. `retile_bytes`: size from which a raster in strips is tiled once."""

    file_bytes: int = 100 << 30
    retile_bytes: int = 64 << 20
    lock_seconds: float = 3600.0
    unpack: UnpackLimits = field(default=UnpackLimits())


@dataclass(frozen=True)
class Prepared:
    """`files`: what to read, by names of sources. `hashes`: SHA-256, or the address of what is read in place.

    `archives`: those that were fetched now, as paths below the root.
    """

    files: dict[str, Path | str]
    hashes: dict[str, str]
    archives: tuple[str, ...] = ()


class SourceCache:
    """`<root>/<dataset>/<version>/source_data/<name>`; without `fetch` only what lies there is used."""

    def __init__(self, root: Path, fetch: Fetch | None = None, limits: SourceLimits | None = None) -> None:
        self.root, self.fetch, self.limits = root, fetch, limits or SourceLimits()

    def prepare(
        self, dataset: str, version: str, sources: Iterable[Source], needed: Collection[str] | None = None,
        waiting: Callable[[], None] = lambda: None,
    ) -> Prepared:  # fmt: skip
        """Fetches what is missing or invalid; raises SourceNotAvailable or SourceInvalid.

        `sources` are all of the processor, `needed` the names of those that are used now, None for all.
        Another worker that fetches for the same processor is waited for; `waiting` is called meanwhile and may raise.
        """
        return _Preparation(self, self.root / dataset / version, tuple(sources)).run(needed, waiting)

    def present(self, dataset: str, version: str, sources: Iterable[Source]) -> Prepared:
        """What can be read now, without fetching and without reading whole files: for estimates."""
        preparation = _Preparation(self, self.root / dataset / version, tuple(sources))
        found = {one.name: path for one in preparation.sources if (path := preparation.path_now(one))}
        return Prepared(found, {})


class _Preparation:
    def __init__(self, cache: SourceCache, folder: Path, sources: tuple[Source, ...]) -> None:
        self.cache, self.folder, self.sources = cache, folder, sources
        self.archives: list[str] = []

    def run(self, needed: Collection[str] | None, waiting: Callable[[], None]) -> Prepared:
        sources = [one for one in self.sources if needed is None or one.name in needed]
        checks = {one.name: self._known(one) for one in sources}
        if not all(checks.values()):
            with locked(self.folder / ".lock", self.cache.limits.lock_seconds, waiting):
                checks = {one.name: self._known(one) or self._checked(one) for one in sources}
        files = {one.name: self._usable(one, check) for one in sources if (check := checks[one.name])}
        hashes = {name: check.sha256 for name, check in checks.items() if check}
        return Prepared(
            {name: path for name, path in files.items() if path}, {n: h for n, h in hashes.items() if h},
            tuple(self.archives),
        )  # fmt: skip

    def path_now(self, source: Source) -> Path | str | None:
        path = self._path(source)
        if path.is_file():
            return path
        return source.url if self._is_read_by_ranges(source) else None

    def _path(self, source: Source) -> Path:
        return self.folder / "source_data" / source.name

    def _check_path(self, source: Source) -> Path:
        return self.folder / "checked" / f"{source.name}.json"

    def _tiled_path(self, source: Source) -> Path:
        return self.folder / "tiled" / source.name

    def _is_read_by_ranges(self, source: Source) -> bool:
        return source.ranges and self.cache.fetch is not None

    def _known(self, source: Source) -> Checked | None:
        """The result of an earlier check of the same bytes; always for what has none."""
        if not self._path(source).is_file():
            no_file = source.kind == "pg_table" or self._is_read_by_ranges(source)
            return Checked("", False, source.url if source.kind != "pg_table" else "") if no_file else None
        return read_check(self._check_path(source), self._path(source), source)

    def _checked(self, source: Source) -> Checked:
        """Checks what is there; an invalid file is fetched anew, where it can be, and checked again."""
        try:
            check_file(self._path(source), Expected(bytes=source.expected.bytes))
            return self._check(source)
        except ExtractError:
            if not self.cache.fetch or not source.url:
                raise
        self._fetch(source)
        return self._check(source)

    def _check(self, source: Source) -> Checked:
        found = check_source(self._path(source), source)
        if found.striped and self._path(source).stat().st_size >= self.cache.limits.retile_bytes:
            retile(self._path(source), self._tiled_path(source))
        else:
            self._tiled_path(source).unlink(missing_ok=True)
        write_check(self._check_path(source), found)
        return found

    def _usable(self, source: Source, check: Checked) -> Path | str | None:
        tiled, path = self._tiled_path(source), self._path(source)
        if not path.is_file():
            return source.url if self._is_read_by_ranges(source) else None
        return tiled if check.striped and tiled.is_file() else path

    def _fetch(self, source: Source) -> None:
        expected = source.packed or source.expected
        file = self._download(source.url, expected.bytes)
        try:
            check_file(file, replace(expected, md5=expected.md5 or self._published(source)))
            if source.packed is None:
                _move(file, self._path(source))
            else:
                self._unpack(file, source.url)
        finally:
            file.unlink(missing_ok=True)

    def _download(self, url: str, size: int | None) -> Path:
        if self.cache.fetch is None:
            raise SourceNotAvailable("source_missing", "Nothing is fetched here.")
        limit = min(size or self.cache.limits.file_bytes, self.cache.limits.file_bytes)
        return self.cache.fetch(url, limit)

    def _published(self, source: Source) -> str | None:
        """The MD5 sum that the record of the source says, where there is one."""
        if not source.record:
            return None
        file = self._download(source.record, None)
        try:
            names = source.url.split("/")
            return next((md5 for name, md5 in published_md5(file.read_bytes()).items() if name in names), None)
        finally:
            file.unlink(missing_ok=True)

    def _unpack(self, archive: Path, url: str) -> None:
        wanted = {one.file_name: one for one in self.sources if one.url == url}
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.folder))
        try:
            members = _members(unpack(archive, draft, self.cache.limits.unpack), wanted, url)
            for name, source in wanted.items():
                _move(members[name], self._path(source))
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        self.archives.append(str((self.folder / "source_data" / _name(url)).relative_to(self.cache.root)))


def _members(found: list[Path], wanted: dict[str, Source], url: str) -> dict[str, Path]:
    """Files of the archive with the endings of what is wanted: exactly those."""
    endings = {Path(name).suffix for name in wanted}
    alike = [path for path in found if path.suffix in endings]
    if sorted(path.name for path in alike) != sorted(wanted):
        raise SourceInvalid(
            "archive_members", f"{_name(url)} holds {len(alike)} files {', '.join(sorted(endings))}, not the "
            f"{len(wanted)} that are expected.", found=len(alike), expected=len(wanted),
        )  # fmt: skip
    return {path.name: path for path in alike}


def _name(url: str) -> str:
    """Zenodo's addresses end with `/content`."""
    return url.partition("?")[0].removesuffix("/content").rpartition("/")[2]


def _move(file: Path, target: Path) -> None:
    """A file of another disk is copied under another name first, so that half of it is never taken for the whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".draft-{target.name}")
    shutil.move(file, draft)
    os.replace(draft, target)
