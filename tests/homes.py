"""Servers of a room that others must not stop or see, beside those that all rooms of `make test` share."""

from pathlib import Path

from stack.home import Home


def own(folder: Path) -> Home:
    """Returns a home in `folder`. Its servers run in the environments of the default home, which take long to make."""
    environments = folder / "envs"
    if not environments.exists():
        folder.mkdir(parents=True, exist_ok=True)
        environments.symlink_to(Home.default().folder("envs"))
    return Home(folder)
