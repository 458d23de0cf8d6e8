"""The port of downloads, and the one for machines without a network."""

import shutil
import tempfile
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from extracts.errors import SourceInvalid, SourceNotAvailable


class Fetch(Protocol):
    """Gets a file from an address of a processor."""

    def __call__(self, url: str, max_bytes: int) -> Path:
        """The whole file, which the caller moves or removes.

        SourceNotAvailable when it cannot be fetched, SourceInvalid when it has more than `max_bytes`.
        """
        ...


class DownloadFolder:
    """Downloads that someone put into a folder, each under the name that it has in its address.

    Zenodo's addresses end with `<name>/content`; those of its records with the number of the record.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, url: str, max_bytes: int) -> Path:
        names = [unquote(name) for name in reversed(urlsplit(url).path.split("/")[-2:])]
        found = next((self.folder / one for one in names if _is_plain(one) and (self.folder / one).is_file()), None)
        if found is None:
            raise SourceNotAvailable("source_missing", f"{urlsplit(url).path.rpartition('/')[2]} is not there.")
        if found.stat().st_size > max_bytes:
            raise SourceInvalid("source_size", f"{found.name} has more than {max_bytes:,} bytes.")
        with tempfile.NamedTemporaryFile(prefix=f"{found.name}-", delete=False) as draft, found.open("rb") as file:
            shutil.copyfileobj(file, draft, 1 << 20)
        return Path(draft.name)


def _is_plain(name: str) -> bool:
    return bool(name) and name == Path(name).name
