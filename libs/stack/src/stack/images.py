"""The system of deploy/compose.yaml with the sandbox beside it, on this machine and open to the containers."""

import json
import os
import subprocess
from pathlib import Path

from stack.home import REPOSITORY, Env, Home
from stack.platform import run
from stack.platform.settings import ROOMS, WORKERS, mail, third_parties

COMPOSE, SECRETS = REPOSITORY / "scripts/compose", REPOSITORY / "deploy/secrets"
DEFAULTS = {"FAIRWAY_ADDRESS": "172.31.78.1", "FAIRWAY_PORT": "8000", "FAIRWAY_STORE_PORT": "9000"}
"""Those of the file."""
STAC_PORT = 8081
ADMIN = ". /app/secrets.sh && exec python -m gateway.grant_admin 1 dev-user"


def home_of_images() -> Home:
    """Remembers where the gateway is, and holds the sandbox."""
    home, given = Home(Home.default().path / "images"), _given()
    with home.remember() as memory:
        memory["host"] = given["FAIRWAY_ADDRESS"]
        memory.setdefault("ports", {})["public"] = int(given["FAIRWAY_PORT"])
        memory["env"] = {"FAIR_STAC_API_URL": f"http://{memory['host']}:{STAC_PORT}"}
    return home


def up(home: Home, data: Path | None, say: run.Progress) -> None:
    """Everything, ready. `data` is a folder of real imagery."""
    added = home.path / "compose.json"
    added.write_text(json.dumps({"services": _changes(home)}, indent=1))
    run.timed("images and containers", say, lambda: _compose(added, "up"))
    _compose(added, "exec", "-T", "gateway", "sh", "-c", ADMIN)
    with home.remember() as memory:
        memory.setdefault("secrets", {})["dev-token"] = (SECRETS / "FAIR_DEV_TOKEN").read_text()
    run.sandboxes(home, data, say)


def _given() -> Env:
    return {name: os.environ.get(name, default) for name, default in DEFAULTS.items()}


def _changes(home: Home) -> dict[str, object]:
    """Of each service that asks third parties; the STAC API can be read from outside."""
    store = f"http://{home.host}:{_given()['FAIRWAY_STORE_PORT']}"
    asks = third_parties(home, {"AWS_ENDPOINT_URL": store})
    names = [*ROOMS, *(f"{room}-worker" for room in WORKERS)]
    found = {name: {"environment": {**asks, **(mail(home) if "notify" in name else {})}} for name in names}
    return {**found, "stac": {"ports": [f"{home.host}:{STAC_PORT}:8080"]}}


def _compose(added: Path, *words: str) -> None:
    subprocess.run([COMPOSE, *words], check=True, env={**os.environ, "FAIRWAY_COMPOSE": str(added)})
