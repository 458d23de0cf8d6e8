"""What the contract takes from a service, and the fixtures that hand it to the tests."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from contracts.base import Query
from runs.lease import Lease
from runs.quota import UnfinishedRuns
from runs.run_counts import RunCounts
from runs.tables import RunColumns
from runs.transitions import RunTransitions

NewRow = Callable[..., RunColumns]
Ask = Callable[..., Query]


@dataclass(frozen=True)
class Adapters:
    """`new_row(**columns)` makes a row of the service's table that is not stored."""

    transitions: RunTransitions
    lease: Lease
    unfinished: UnfinishedRuns
    counts: RunCounts
    new_row: NewRow
    get_state: type[Query]
    get_logs: type[Query]


class AdaptersContract:
    """Its tests have a fixture `adapters`."""

    @pytest.fixture
    def transitions(self, adapters: Adapters) -> RunTransitions:
        return adapters.transitions

    @pytest.fixture
    def lease(self, adapters: Adapters) -> Lease:
        return adapters.lease

    @pytest.fixture
    def unfinished(self, adapters: Adapters) -> UnfinishedRuns:
        return adapters.unfinished

    @pytest.fixture
    def counts(self, adapters: Adapters) -> RunCounts:
        return adapters.counts

    @pytest.fixture
    def new_row(self, adapters: Adapters) -> NewRow:
        return adapters.new_row

    @pytest.fixture
    def get_state(self, adapters: Adapters) -> Ask:
        return lambda run_id: adapters.get_state.model_validate({"run_id": run_id})

    @pytest.fixture
    def get_logs(self, adapters: Adapters) -> Ask:
        return lambda run_id, step: adapters.get_logs.model_validate({"run_id": run_id, "step": step})
