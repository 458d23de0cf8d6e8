"""Downloaded zip files of packages: complete, and each file the one that the manifest names."""

import hashlib
import json
import zipfile
from pathlib import Path

from fairway.errors import OperationFailed

MANIFEST = "manifest.json"
PIECE = 1 << 20


def verify(path: Path, size: int) -> int:
    """Returns the number of files. `size` in bytes is that of the archive. Raises OperationFailed with the reason."""
    if path.stat().st_size != size:
        raise OperationFailed(f"The download broke off after {path.stat().st_size} of {size} bytes.")
    try:
        with zipfile.ZipFile(path) as archive:
            return _checked(archive)
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise OperationFailed(f"The download is damaged: {error}") from error


def _checked(archive: zipfile.ZipFile) -> int:
    name = next((one for one in archive.namelist() if one.endswith(f"/{MANIFEST}") and one.count("/") == 1), MANIFEST)
    root, files = name.removesuffix(MANIFEST), json.loads(archive.read(name))["files"]
    for file in files:
        if _sha256(archive, root + file["path"]) != file["sha256"]:
            raise OperationFailed(f"{file['path']} is not the file that the manifest names.")
    return len(files)


def _sha256(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as content:
        while piece := content.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
