"""A source's path, or its http(s) address, which has to answer ranges."""

from pathlib import Path

from extracts.errors import SourceNotAvailable

TIMEOUT = 5.0
"""Seconds to connect, and between two answers."""


def is_remote(source: str | Path) -> bool:
    return str(source).startswith(("http://", "https://"))


def name_of(source: str | Path) -> str:
    """What people are told: no folders of a server, no query of an address, which may hold a signature."""
    return str(source).partition("?")[0].rpartition("/")[2]


def without_address(reason: object, source: str | Path) -> str:
    """A library's words, without the folder or address that they name."""
    return str(reason).replace(str(source), name_of(source))


def check_there(source: str | Path) -> None:
    """SourceNotAvailable for a path that is not there; whether an address answers shows when it is opened."""
    if not is_remote(source) and not Path(source).exists():
        raise SourceNotAvailable("source_missing", f"{name_of(source)} is not there.")


def check_ranges(source: str | Path) -> None:
    """SourceNotAvailable for an address that does not answer, or that gives whole files only. A path passes.

    One request for one byte, made when a library could not read from there and does not say why.
    """
    if not is_remote(source):
        return
    import httpx

    name, first = name_of(source), {"Range": "bytes=0-0"}
    try:
        with httpx.stream("GET", str(source), headers=first, timeout=TIMEOUT, follow_redirects=True) as answer:
            status = answer.status_code
    except httpx.HTTPError as error:
        raise SourceNotAvailable("source_unreachable", f"{name} cannot be fetched: {error}") from error
    if status >= 400:
        raise SourceNotAvailable("source_unreachable", f"{name} cannot be fetched: HTTP {status}.", status=status)
    if status != 206:
        raise SourceNotAvailable("source_without_ranges", f"{name} can be fetched as a whole only. Fetch it first.")
