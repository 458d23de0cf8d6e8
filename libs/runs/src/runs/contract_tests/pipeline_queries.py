"""What owners of runs are told of what the pipeline server says."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracts.shared import Actor
from kit.app import Service
from kit.errors import Forbidden, NotFound
from pipelines.port import LogEntry, PipelinesDown, RunNotFound, RunState, RunStatus, StepNotFound
from runs.contract_tests.adapters import AdaptersContract, Ask
from runs.contract_tests.stored_runs import InsertRun
from runs.lifecycle import RunLifecycle
from runs.pipeline_server import PipelineServer
from runs.transitions import RunTransitions

STRANGER = Actor(id=8, username="stranger")


class FakePipelines:
    """Knows the pipeline run `known`, which has the step `train`; the rest is unknown or down."""

    def __init__(self, known: str, status: str) -> None:
        self.known, self.status, self.asked = known, RunStatus(status), 0

    async def find_run(self, name: str) -> RunState | None:
        raise PipelinesDown(name)

    async def state(self, run_id: str) -> RunState:
        if run_id != self.known:
            raise RunNotFound(run_id)
        self.asked += 1
        return RunState(run_id, "run", self.status)

    async def logs(self, run_id: str, step: str | None, tail: int, since: datetime | None) -> list[LogEntry]:
        if run_id != self.known:
            raise RunNotFound(run_id)
        if step not in (None, "train"):
            raise StepNotFound(step, ["train"])
        return [LogEntry("INFO", f"{tail} {since}", datetime(2026, 1, 1, tzinfo=UTC))]


class PipelineQueriesContract(AdaptersContract):
    @pytest.fixture
    async def run_id(self, transitions: RunTransitions, insert_run: InsertRun, running: Service) -> str:
        """Of the second run of a row; the first is `first-<its id>`."""
        row_id, run_id = await insert_run(status="initializing"), str(uuid4())
        for attempt, name in enumerate((f"first-{run_id}", run_id), 1):
            async with running.tx() as tx:
                await transitions.report(row_id, attempt, tx, "running", name)
            async with running.tx() as tx:
                if attempt == 1:
                    await transitions.change(row_id, 1, tx, RunLifecycle.handed_over)
        return run_id

    @pytest.fixture
    def server(self, run_id: str, running: Service, monkeypatch) -> FakePipelines:
        fake = FakePipelines(run_id, "retrying")
        known = next(one for one in running.provides if isinstance(one, PipelineServer))
        monkeypatch.setattr(known, "pipelines", fake)
        return fake

    async def test_news_of_the_pipeline_server_are_reported(self, get_state: Ask, run_id, server, caller):
        told = await caller.ask(get_state(run_id))
        assert told == {"run_id": run_id, "status": "retrying", "is_terminal": False}

    async def test_a_run_that_another_one_followed_was_retried(self, get_state: Ask, run_id, server, caller):
        told = await caller.ask(get_state(f"first-{run_id}"))
        assert told == {"run_id": f"first-{run_id}", "status": "retried", "is_terminal": True}
        assert server.asked == 0

    async def test_a_run_that_the_server_has_forgotten_is_as_its_row(self, get_state: Ask, run_id, server, caller):
        server.known = "another"
        assert (await caller.ask(get_state(run_id)))["status"] == "running"

    async def test_the_server_is_not_asked_for_what_has_ended(
        self, get_state: Ask, transitions: RunTransitions, run_id, server, caller, running: Service
    ):
        async with running.tx() as tx:
            row = await transitions.lock_by_run(run_id, tx)
            assert row is not None
            await transitions.report(row.id, row.attempt, tx, "failed", reason="No chips.")
        assert (await caller.ask(get_state(run_id)))["status"] == "failed"
        assert server.asked == 0

    async def test_logs_are_lines(self, get_logs: Ask, run_id, server, caller):
        [line] = await caller.ask(get_logs(run_id, "train"))
        assert (line["level"], line["message"]) == ("INFO", "1000 None")
        assert line["timestamp"].startswith("2026-01-01T00:00:00")

    async def test_unknown_steps_and_runs_have_no_logs(self, get_logs: Ask, run_id, server, caller):
        with pytest.raises(NotFound) as refused:
            await caller.ask(get_logs(run_id, "nonsense"))
        assert (refused.value.code, refused.value.facts) == ("step_not_found", {"available": ["train"]})
        with pytest.raises(NotFound):
            await caller.ask(get_logs(f"first-{run_id}", None))

    async def test_runs_are_the_owners(self, get_state: Ask, get_logs: Ask, run_id, server, caller):
        for query in (get_state(run_id), get_logs(run_id, None)):
            with pytest.raises((NotFound, Forbidden)):  # by whether they may see what the run is for
                await caller.ask(query, STRANGER)
            with pytest.raises(NotFound):
                await caller.ask(query.model_copy(update={"run_id": "unknown"}))
