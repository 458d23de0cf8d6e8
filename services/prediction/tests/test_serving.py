"""`python -m prediction.serving` as a process of its own, over HTTP."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from kit.testing import eventually, free_port
from stack.home import Home
from stack.processes import Daemon
from stack.ready import http_ok


def served(port: int, folder: Path) -> Daemon:
    env = {"MODEL_MODULE": "models.toy.pipeline", "HTTP__PORT": str(port), "HTTP__HOST": "127.0.0.1"}
    argv = [sys.executable, "-W", "ignore", "-m", "prediction.serving"]
    ready = http_ok(f"http://127.0.0.1:{port}/readyz")
    daemon = Daemon("serving", argv, env={**os.environ, **env}, ready=ready, home=Home(folder))
    daemon.start()
    return daemon


def client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60)


@pytest.fixture(scope="module")
def http(room, storage, model, tmp_path_factory) -> Iterator[httpx.Client]:
    port = free_port()
    daemon = served(port, tmp_path_factory.mktemp("serving"))
    yield client(port)
    daemon.stop()


@pytest.fixture
def body(storage, tiles_url, village) -> dict:
    return {
        "model_uri": storage.uri("toy.onnx"), "image_uri": f"{tiles_url}/predict/{{z}}/{{x}}/{{y}}.jpg",
        "bbox": list(village), "zoom": 19, "params": {"confidence_threshold": 0.5},
    }  # fmt: skip


@pytest.mark.spec("21.5", "live inference, inference health")
def test_answer_is_a_feature_collection(http, body):
    assert http.get("/health").json() == {"status": "ok"}
    answer = http.post("/predict", json=body)
    assert answer.status_code == 200
    assert len(answer.json()["features"]) == 16


WRONG = {
    "no model": ({"model_uri": ""}, "model_uri"),
    "local file": ({"model_uri": "file:///etc/passwd"}, "Only s3, http and https"),
    "path": ({"model_uri": "/etc/passwd"}, "Only s3, http and https"),
    "private model": ({"model_uri": "https://169.254.169.254/model.onnx"}, "public internet"),
    "gone model": ({"model_uri": "s3://fairway/nothing.onnx"}, "no model at this address"),
    "private imagery": ({"image_uri": "https://[::1]/{z}/{x}/{y}"}, "public internet"),
    "three numbers": ({"bbox": [1, 2, 3]}, "bbox"),
    "booleans": ({"bbox": [False, 0, True, 1]}, "bbox"),
    "inside out": ({"bbox": [2, 0, 1, 1]}, "west < east"),
    "zoom as text": ({"zoom": "19"}, "zoom"),
    "zoom 23": ({"zoom": 23}, "14 and 22"),
    "many tiles": ({"bbox": [0, 0, 1, 1]}, "256 tiles"),
    "params": ({"params": []}, "params"),
    "model's own refusal": ({"params": {"mode": "raise", "confidence_threshold": 0}}, "refuses this imagery"),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_request_is_400_in_words(http, body, name):
    changes, words = WRONG[name]
    answer = http.post("/predict", json=body | changes)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_failure_is_500_without_inner_words(http, body):
    answer = http.post("/predict", json=body | {"params": {}})
    assert (answer.status_code, answer.json()) == (500, {"error": "The prediction failed."})
    gone = http.post("/predict", json=body | {"image_uri": body["image_uri"].replace("predict", "none")})
    assert gone.status_code == 500
    assert "No imagery could be downloaded" in gone.json()["error"]


async def test_prediction_in_work_is_answered_before_the_end(room, storage, model, body, tmp_path):
    port = free_port()
    daemon = served(port, tmp_path)
    slow = body | {"params": {"confidence_threshold": 0.5, "sleep": 3.0}}
    asked = asyncio.create_task(asyncio.to_thread(client(port).post, "/predict", json=slow))
    await eventually(lambda: _is_asked(daemon.pid))
    await asyncio.to_thread(daemon.stop)
    assert (await asked).status_code == 200


def _is_asked(pid: int) -> bool:
    return any(one.status == psutil.CONN_ESTABLISHED for one in psutil.Process(pid).net_connections("tcp"))


@pytest.mark.parametrize(
    ("module", "words"), [("", "MODEL_MODULE is required"), ("models.nowhere.pipeline", "no predict")]
)
def test_without_a_plugin_it_does_not_start(room, module, words):
    env = {**os.environ, **room.environment, "MODEL_MODULE": module}
    argv = [sys.executable, "-W", "ignore", "-m", "prediction.serving"]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=90, check=False)
    assert ended.returncode == 1
    assert words in ended.stderr
