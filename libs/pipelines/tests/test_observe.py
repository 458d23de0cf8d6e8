"""What ends a run is known even when ZenML's server could not record it."""

from contextlib import suppress

import pytest
import requests
from zenml.orchestrators import BaseOrchestrator
from zenml.zen_stores.rest_zen_store import RestZenStore

from pipelines.child.observe import Observer

WATCHED = ("get_or_create_run", "create_run_step", "update_run_step", "_request", "_handle_response")


@pytest.fixture
def observer(monkeypatch: pytest.MonkeyPatch) -> Observer:
    def run_step(*_: object, step: Exception) -> None:
        raise step

    for name in WATCHED:
        monkeypatch.setattr(RestZenStore, name, RestZenStore.__dict__[name])
    monkeypatch.setattr(BaseOrchestrator, "run_step", run_step)
    observer = Observer()
    observer.attach()
    return observer


def test_the_first_failure_of_a_step_is_kept(observer: Observer) -> None:
    for error in (OSError("no line to the store"), ValueError("later")):
        with pytest.raises(type(error)):
            BaseOrchestrator.run_step(None, step=error)  # type: ignore[arg-type]
    assert str(observer.error) == "no line to the store"


@pytest.mark.parametrize(("status", "unreachable"), [(404, False), (500, True), (503, True)])
def test_a_server_that_answers_with_5xx_is_unreachable(observer: Observer, status: int, unreachable: bool) -> None:
    response = requests.Response()
    response.status_code, response._content = status, b"{}"
    with suppress(Exception):  # its class differs by status
        RestZenStore._handle_response(response)
    assert observer.unreachable is unreachable
