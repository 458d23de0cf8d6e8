"""Tests that every service with runs takes over: its `tests` subclass these classes and add the fixtures they name.

`adapters` are the `Adapters` of the service, `insert_run(**columns)` stores a row of its table that no worker takes and
returns its id. Needs pytest.
"""

from runs.contract_tests.adapters import Adapters
from runs.contract_tests.pipeline_queries import PipelineQueriesContract
from runs.contract_tests.stored_runs import StoredRunsContract
from runs.contract_tests.transitions import TransitionsContract, tx

__all__ = ["Adapters", "PipelineQueriesContract", "StoredRunsContract", "TransitionsContract", "tx"]
