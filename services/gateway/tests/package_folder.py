"""A local folder of packages, and an owner that answers from it as the catalog does."""

import hashlib
import os
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from contracts.catalog.packages import PackageFile
from contracts.verdict import Kind, Refused

GONE = Refused(kind=Kind.NOT_FOUND, code="file_not_found", detail="There is no such file.")


class PackageFolder:
    """`trusting`: answers any path, as an owner whose folder was changed behind it. `base`: the files are in an object
    store at this address."""

    def __init__(self, root: Path) -> None:
        self.root, self.trusting, self.base = root, False, ""

    def write(self, path: str, content: bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return target

    def answer(self, query: dict[str, Any]) -> Any:
        target = self.root / query["path"]
        if target.is_dir() and not (target / "index.html").is_file():
            names = sorted(f"{one.name}/" if one.is_dir() else one.name for one in target.iterdir())
            return PackageFile(kind="folder", entries=names).model_dump(mode="json")
        is_index, file = target.is_dir(), target / "index.html" if target.is_dir() else target
        if not self.trusting and not (file.is_file() and file.resolve().is_relative_to(self.root)):
            return GONE
        return self._file(file, is_index).model_dump(mode="json")

    def _file(self, file: Path, is_index: bool) -> PackageFile:
        content = file.read_bytes() if file.is_file() else b""
        place = {"url": f"{self.base}/{file.relative_to(self.root)}"} if self.base else {"path": str(file)}
        return PackageFile(
            kind="file", bytes=len(content), etag=hashlib.sha1(content).hexdigest(), is_index=is_index,
            media_type=guess_type(file.name)[0] or "", modified=datetime(2026, 5, 1, 12, tzinfo=UTC), **place,
        )  # fmt: skip

    def members(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """All files of a package; the SHA-256 of every second one is known."""
        below = self.root / query["name"]
        paths = sorted(str(path.relative_to(below)) for path in below.rglob("*") if path.is_file())
        wanted = [f"datasets/{one.replace('.', '/')}/" for one in query["processors"]]
        if wanted:
            paths = [path for path in paths if "datasets/" not in path or path.startswith(tuple(wanted))]
        return [self._member(below, path, number) for number, path in enumerate(paths)]

    def _member(self, below: Path, path: str, number: int) -> dict[str, Any]:
        content = (below / path).read_bytes()
        known = hashlib.sha256(content).hexdigest() if number % 2 else ""
        return {"path": path, "bytes": len(content), "sha256": known}


def folder(root: Path) -> PackageFolder:
    made = PackageFolder(Path(os.path.realpath(root)) / "packages")
    made.write("gambia/index.html", b"<!doctype html><title>gambia</title>")
    made.write("gambia/datapackage.json", b"{}")
    made.write("gambia/datasets/grid/version_1/data/grid <1>.tif", bytes(range(256)) * 4)
    made.write("gambia/datasets/grid/version_2/data/b.tif", b"second")
    made.write("gambia/empty.txt", b"")
    (made.root.parent / "secret.txt").write_text("not for the public")
    return made
