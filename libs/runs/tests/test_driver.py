from typing import Any

import pytest

from pipelines.outcome import RunOutcome
from runs.driver import StopRequest, follow


@pytest.mark.parametrize(
    ("requests", "told"),
    [
        ([True], [True]),
        ([False], [False]),
        ([True, True], [True]),
        ([True, False, False], [True, False]),
        ([False, True], [False]),
    ],
)
def test_only_a_stricter_request_is_passed_on(requests: list[bool], told: list[bool]):
    stop = StopRequest()
    assert not stop.is_made
    assert [graceful for graceful in requests if stop.escalate(graceful)] == told
    assert stop.is_made


class Child:
    async def reports(self):
        yield {"type": "status", "status": "running"}
        yield {"type": "progress", "done": 1}

    async def wait(self) -> RunOutcome:
        return RunOutcome("completed", run_id="r1")


async def test_reports_are_handled_in_order_before_the_outcome():
    seen: list[dict[str, Any]] = []

    async def handle(report: dict[str, Any]) -> None:
        seen.append(report)

    assert (await follow(Child(), handle)).run_id == "r1"  # type: ignore[arg-type]
    assert [report["type"] for report in seen] == ["status", "progress"]
