"""The base models that ship with Fairway, offered on the sandbox's file host and put into the catalogue."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fairway import Fairway, rows
from fairway.events import ServerEvent
from stack.home import REPOSITORY, Home
from stack.platform.settings import public_url

LIGHT = "rooftop_light"
LIMIT = 600.0


@contextmanager
def signed_in(home: Home) -> Iterator[Fairway]:
    """The client of the development user, who is an administrator."""
    with Fairway(public_url(home), home.secret("dev-token")) as fairway:
        yield fairway


def introduce(home: Home, model: str = LIGHT) -> None:
    """Registers the plug-in in the folder `model`, unless the catalogue has it already."""
    with signed_in(home) as fairway:
        item = item_of(home, model)
        name = item["properties"]["mlm:name"]
        known = fairway.base_models.all(status="active", search=name)
        if all(row.name != name for row in known):
            for _ in registering(fairway, item):
                pass


def registering(fairway: Fairway, item: dict[str, Any]) -> Iterator[ServerEvent | None]:
    """What happens until the model can be used; raises `OperationFailed` with the reason when it cannot."""
    row: rows.BaseModelEntry = fairway.base_models.register(item, category="buildings")
    return fairway.follow(fairway.base_models, "model_id", row.id, LIMIT)


def item_of(home: Home, model: str) -> dict[str, Any]:
    """The plug-in's STAC item; its assets are addresses of files that are made here when they are missing."""
    folder = home.folder("models") / model
    if not (folder / "model.onnx").exists():
        command = [sys.executable, "-m", "geoml.base_model", f"models.{model}", str(folder)]
        subprocess.run(command, cwd=REPOSITORY, check=True, timeout=900, stdout=subprocess.DEVNULL)
    item = json.loads((REPOSITORY / "models" / model / "stac-item.json").read_text())
    for key in ("checkpoint", "model"):
        name = item["assets"][key]["href"].rpartition("/")[2]
        item["assets"][key]["href"] = f"http://{home.host}:{home.port('sandbox-files')}/{model}/{name}"
    return item
