"""openapi-python-client: makes a client from the description that the gateway serves, and works with it."""

import importlib
import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

asked = json.load(sys.stdin)
CONFIG = "project_name_override: generated\npackage_name_override: generated\npost_hooks: []\n"


def generate(folder: Path) -> str:
    (folder / "config.yml").write_text(CONFIG)
    with urllib.request.urlopen(asked["schema"], timeout=60) as response:
        (folder / "openapi.json").write_bytes(response.read())
    command = [
        Path(sys.executable).parent / "openapi-python-client", "generate", "--path", folder / "openapi.json",
        "--meta", "none",
        "--config", folder / "config.yml", "--output-path", folder / "generated",
    ]  # fmt: skip
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def shown(parsed: Any) -> Any:
    if isinstance(parsed, list):
        return [shown(one) for one in parsed]
    return parsed.to_dict() if hasattr(parsed, "to_dict") else parsed


def work() -> dict[str, Any]:
    from generated import AuthenticatedClient, models

    client = AuthenticatedClient(base_url=asked["url"], token=asked["token"], raise_on_unexpected_status=True)

    def call(name: str, *args: Any, **options: Any) -> Any:
        answer = importlib.import_module(f"generated.api.{name}").sync_detailed(*args, client=client, **options)
        answers[name] = {
            "status": int(answer.status_code), "type": type(answer.parsed).__name__, "body": shown(answer.parsed),
        }  # fmt: skip
        return answer.parsed

    answers: dict[str, Any] = {}
    call("system.health")
    call("accounts.show_me")
    call("categories.list_categories")
    call("base_models.list_base_models")
    call("datasets.list_datasets", limit=5)
    call("datasets.get_dataset", asked["dataset"])
    call("trainings.get_training", asked["training"])
    call("trainings.list_epochs", asked["training"])
    call("predictions.get_prediction", asked["prediction"])
    call("predictions.get_result", asked["prediction"])
    call("local_models.list_local_models")
    call("notifications.list_notifications", limit=3)
    area = call("aois.create_aoi", body=models.AoiBody.from_dict(asked["area"]))
    number = area.properties.to_dict()["id"]
    label = {**asked["area"], "properties": {"aoi": number, "tags": {"building": "hut"}}}
    call("labels.create_label", body=models.LabelBody.from_dict(label))
    call("labels.list_labels", aoi=number)
    call("aois.get_aoi", number)
    call("aois.delete_aoi", number)
    return answers


with tempfile.TemporaryDirectory() as folder:
    said = generate(Path(folder))
    sys.path.insert(0, folder)
    print(json.dumps({"said": said[-2000:], "answers": work()}, default=str))
