"""Tests that every service with runs takes over: its `tests` subclass these classes and add the fixtures they name.

`transitions`, `lease`, `unfinished` and `counts` are the adapters of the service, `new_row(**columns)` makes a row of
its table that is not stored, `insert_run(**columns)` stores one that no worker takes and returns its id,
`get_state(run_id)` and `get_logs(run_id, step)` make its queries. Needs pytest.
"""

from runs.contract_tests.pipeline_queries import PipelineQueriesContract
from runs.contract_tests.stored_runs import StoredRunsContract
from runs.contract_tests.transitions import TransitionsContract, tx

__all__ = ["PipelineQueriesContract", "StoredRunsContract", "TransitionsContract", "tx"]
