"""Files of a folder that is served as it is."""

from pathlib import Path


def file_in(folder: Path, path: str) -> Path | None:
    """Returns None for a path that is no file, or that leaves the folder after links and dots are resolved."""
    try:
        file = (folder / path.lstrip("/")).resolve()
        return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (OSError, ValueError):
        return None
