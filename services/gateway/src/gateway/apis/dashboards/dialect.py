"""The dialect of dashboards and channels: clients read `detail`, which is a list for invalid input and a sentence
otherwise, and every route has a deadline of its own."""

from gateway.http.dialect import Dialect
from gateway.http.problems import listed_errors
from gateway.openapi.components import INVALID_FIELDS

DEADLINE, SEARCH_DEADLINE, RECENT_DEADLINE, LONG_DEADLINE = 5.0, 15.0, 10.0, 60.0
"""Seconds of most routes; of searches and sample intake; of recent channels; of curves, exports and imports."""
SCOPE, SAMPLES, PICTURES = "dashboards", "samples", "pictures"
"""Rate limits: of all routes, of the intake of samples, and of pictures."""
MAINTENANCE_TAG = "maintenance"
DASHBOARDS = Dialect(
    "dashboards", invalid_status=422, invalid_body=listed_errors, invalid_response=INVALID_FIELDS,
    has_pending_writes=False, deadline=DEADLINE, deadline_status=504,
)  # fmt: skip
