"""The stored login, the client that uses it, and error messages of commands."""

import json
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import httpx
import platformdirs
import typer
from rich.console import Console

from fairway.client import Fairway
from fairway.errors import FairwayError
from fairway.labelstore import label_key

console = Console()
FILE = Path(platformdirs.user_config_dir("fairway")) / "login.json"


def save(url: str, token: str) -> None:
    """Writes the login file, readable by its owner only."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"url": url, "token": token}, file)


def read_json(text: str, what: str) -> Any:
    """Raises BadParameter, which names `what`, for text that is not JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"{what} is not JSON: {error}") from error


def client() -> Fairway:
    """Returns a client for FAIRWAY_URL and FAIRWAY_TOKEN, else for the stored login. FAIRWAY_LABEL_KEY and
    FAIRWAY_LABEL_SECRET are a key of the label store, which needs no login."""
    kept = json.loads(FILE.read_text()) if FILE.exists() else {}
    url = os.environ.get("FAIRWAY_URL") or kept.get("url")
    if not url:
        raise typer.BadParameter("Log in first: fairway login URL")
    key, secret = os.environ.get("FAIRWAY_LABEL_KEY"), os.environ.get("FAIRWAY_LABEL_SECRET")
    if key and secret:
        return Fairway(url, headers=label_key(key, secret))
    return Fairway(url, os.environ.get("FAIRWAY_TOKEN") or kept.get("token"))


def print_api_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorates a command: prints errors of the API as one red line and exits with code 1."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except (FairwayError, TimeoutError, httpx.HTTPError) as error:
            console.print(str(error), style="red", markup=False)
            for field, messages in _fields(error).items():
                console.print(f"  {field}: {messages}", markup=False)
            raise typer.Exit(1) from error
        except KeyboardInterrupt as stop:
            console.print("Stopped watching; the work continues on the server.")
            raise typer.Exit(130) from stop

    return run


def _fields(error: Exception) -> dict[str, Any]:
    details = getattr(error, "details", None)
    return {k: v for k, v in details.items() if k not in ("detail", "reason")} if isinstance(details, dict) else {}
