"""Metrics of all types, from a plug-in's step through ZenML and its artifact store to who reads them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from pipelines.launcher import Launcher
from pipelines.outcome import RunOutcome
from pipelines.port import RunStatus
from pipelines.zenml import ZenMLPipelines

pytestmark = pytest.mark.live


async def trained(launcher: Launcher, spec: Any) -> RunOutcome:
    async with launcher.start(spec) as child:
        return await child.wait()


async def test_metrics_of_other_libraries_and_keys_are_read(
    launcher: Launcher, pipelines: ZenMLPipelines, read: Callable[[str | None], bytes], a_spec: Any
) -> None:
    end = await trained(launcher, a_spec(metrics="bent"))
    assert (end.status, end.reason) == ("completed", "")
    metrics = (await pipelines.artifacts(end.run_id or ""))["metrics"]
    assert not metrics.is_json
    assert json.loads(read(metrics.value_file), parse_constant=pytest.fail) == {
        "accuracy": 0.5, "loss": None, "count": 7, "well": True, "by_class": {"0": 0.25, "1": 0.75}, "curve": [1, 2],
        "3": "three", "nested": [{"deep": [1, 2]}], "nothing": None,
    }  # fmt: skip
    assert metrics.file == metrics.value_file
    assert (await pipelines.metadata(end.run_id or ""))["fair/loss"] == "not defined"


async def test_metric_that_is_not_defined_does_not_fail_the_step(
    launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any
) -> None:
    end = await trained(launcher, a_spec(metrics="nan"))
    assert (end.status, end.reason) == ("completed", "")
    told = await pipelines.metadata(end.run_id or "")
    assert (told["fair/accuracy"], told["fair/best"]) == ("not defined", {"f1": None, "epoch": 3})


async def test_what_cannot_be_read_fails_the_run_with_words(
    launcher: Launcher, pipelines: ZenMLPipelines, a_spec: Any
) -> None:
    spec = a_spec(metrics="opaque")
    end = await trained(launcher, spec)
    assert (end.status, end.cause) == ("failed", "run")
    assert end.reason == (
        "The output metrics of the run cannot be read: metrics['model'] is of the type Opaque, "
        "which is neither a number nor a text"
    )
    assert (await pipelines.state(end.run_id or "")).status is RunStatus.COMPLETED
    assert await trained(launcher, spec) == end  # another worker that takes the run over says the same
