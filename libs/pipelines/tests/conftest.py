"""A real ZenML server with artifacts on a real S3, one worker's launcher, and the toy plug-in of this folder."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest
import pytest_asyncio

from pipelines.launcher import Launcher
from pipelines.outcome import RunOutcome
from pipelines.port import RunSpec, RunState
from pipelines.s3_logs import S3Logs
from pipelines.zenml import ZenMLPipelines
from stack import up
from stack.home import Home

HERE = Path(__file__).parent
Spec = Callable[..., RunSpec]


@pytest.fixture(scope="session")
def servers() -> dict[str, str]:
    folder = os.environ.get("FAIRWAY_HOME") or f"{tempfile.gettempdir()}/fairway-tests"
    return up({"zenml", "s3"}, home=Home(Path(folder)))


@pytest.fixture(scope="session")
def env(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Without pip, as images are."""
    no_pip = tmp_path_factory.mktemp("no-pip")
    (no_pip / "pip.py").write_text("raise SystemExit('there is no pip')\n")
    return {**servers, "FAIRWAY_MODELS_PATH": str(HERE), "PYTHONPATH": str(no_pip)}


@pytest.fixture(scope="session")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def read(servers: dict[str, str]) -> Callable[[str | None], bytes]:
    """The content of an object by its address."""
    s3 = boto3.client(
        "s3",
        endpoint_url=servers["AWS_ENDPOINT_URL"],
        region_name=servers["AWS_REGION"],
        aws_access_key_id=servers["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=servers["AWS_SECRET_ACCESS_KEY"],
    )

    def content(uri: str | None) -> bytes:
        assert uri
        return s3.get_object(Bucket=urlsplit(uri).netloc, Key=urlsplit(uri).path[1:])["Body"].read()

    return content


@pytest_asyncio.fixture(scope="session")
async def pipelines(servers: dict[str, str]) -> AsyncIterator[ZenMLPipelines]:
    url, key = servers["FAIR_ZENML_STORE_URL"], servers["FAIR_ZENML_STORE_API_KEY"]
    store = S3Logs(
        endpoint_url=servers["AWS_ENDPOINT_URL"],
        region_name=servers["AWS_REGION"],
        aws_access_key_id=servers["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=servers["AWS_SECRET_ACCESS_KEY"],
    )
    async with ZenMLPipelines(url, key, log_store=store) as adapter:
        yield adapter


@pytest_asyncio.fixture(scope="session")
async def launcher(env: dict[str, str], workdir: Path, pipelines: ZenMLPipelines) -> AsyncIterator[Launcher]:
    async with Launcher(env, workdir, pipelines) as launcher:
        yield launcher


@pytest.fixture(scope="session")
def a_spec() -> Spec:
    """Builds a training of the toy plug-in; keyword arguments are its hyper-parameters."""
    batch, numbers = uuid4().hex[:8], count(1)

    def build(name: str | None = None, **hyperparameters: float) -> RunSpec:
        return RunSpec(
            name or f"run-{batch}{next(numbers)}-1",
            "models.toy.pipeline",
            "training",
            {"hyperparameters": {"epochs": 1, **hyperparameters}},
            {"train_model": {"model_name": "hill-top"}},
            f"hill-top-{batch}",
            [f"model:hill-top-{batch}", "dataset:7"],
        )

    return build


@pytest_asyncio.fixture(scope="session")
async def told_run(launcher: Launcher, a_spec: Spec) -> tuple[RunSpec, list[dict[str, Any]], RunOutcome]:
    """A training that went well: what was asked, what it reported, how it ended."""
    spec = a_spec(epochs=2)
    async with launcher.start(spec) as child:
        reports = [report async for report in child.reports()]
        return spec, reports, await child.wait()


@pytest_asyncio.fixture(scope="session")
async def finished(
    told_run: tuple[RunSpec, list[dict[str, Any]], RunOutcome], pipelines: ZenMLPipelines
) -> tuple[RunSpec, RunState]:
    spec, _, end = told_run
    assert end.run_id
    return spec, await pipelines.state(end.run_id)
