"""A local cache of remote files, keyed by ETag so that a changed object is downloaded again."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec

WORKERS = 16


def cache_root() -> Path:
    """Returns the folder FAIR_CACHE_DIR, else one in the user's cache folder."""
    return Path(os.environ.get("FAIR_CACHE_DIR") or Path.home() / ".cache" / "fairway")


def local_file(uri: str) -> Path:
    """Returns a local copy of a file given by path, file:, http(s): or s3: URI. Raises FileNotFoundError."""
    return fetch_file(uri)[1]


def fetch_file(uri: str) -> tuple[str, Path]:
    """Returns (content key, local path). The key changes with the content; SessionCache takes it."""
    if "://" not in uri or uri.startswith("file://"):
        path = Path(uri.removeprefix("file://"))
        return _stat_key(path), path
    filesystem, path = fsspec.url_to_fs(uri)
    info = filesystem.info(path)
    return _key(uri, info), _download(filesystem, path, _key(uri, info))


def local_folder(uri: str, on_file: Callable[[int, int], None] = lambda done, total: None) -> Path:
    """Returns a folder with the objects directly below an s3: prefix; a local path is returned as it is.

    The folder is named by the ETags of all objects, so any changed object makes another folder. `on_file(done, total)`
    is called after each object and may raise to stop. Raises FileNotFoundError when there is no object.
    """
    if "://" not in uri or uri.startswith("file://"):
        return Path(uri.removeprefix("file://"))
    filesystem, path = fsspec.url_to_fs(uri)
    infos = {
        i["name"]: _key(i["name"], i) for i in filesystem.ls(path, detail=True, refresh=True) if i["type"] == "file"
    }
    if not infos:
        raise FileNotFoundError(f"no object below {uri!r}")
    folder = cache_root() / "folders" / _digest("".join(infos.values()))
    if not folder.is_dir():
        files = _downloaded(filesystem, infos, on_file)
        _assemble(folder, list(zip(infos, files, strict=True)))
    return folder


def _downloaded(filesystem: Any, infos: dict[str, str], on_file: Callable[[int, int], None]) -> list[Path]:
    files = []
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            for file in pool.map(lambda i: _download(filesystem, i[0], i[1]), infos.items()):
                files.append(file)
                on_file(len(files), len(infos))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return files


def _assemble(folder: Path, files: list[tuple[str, Path]]) -> None:
    """Renames a complete folder into place, as two processes may assemble the same one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent))
    for name, file in files:
        os.link(file, draft / Path(name).name)
    _move(draft, folder)


def _download(filesystem: Any, path: str, key: str) -> Path:
    target = cache_root() / "objects" / key
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as draft:
            filesystem.get_file(path, f"{draft}/object")
            os.replace(f"{draft}/object", target)
    return target


def _move(draft: Path, target: Path) -> None:
    try:
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft)
        if not target.is_dir():
            raise


def _key(uri: str, info: dict[str, Any]) -> str:
    """Uses size and time where there is no ETag; without these, every call downloads again."""
    version = info.get("ETag") or (info.get("size"), info.get("LastModified") or os.urandom(8).hex())
    return _digest(f"{uri} {version}")


def _stat_key(path: Path) -> str:
    stat = path.stat()
    return _digest(f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
