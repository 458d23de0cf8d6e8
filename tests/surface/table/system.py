"""What the platform says of itself."""

from tests.surface.expected import Row

ROWS = [
    Row("GET /api/v1/events/"),
    Row("GET /api/v1/commands/{command_id}/"),
    Row("GET /api/v1/dead-letters/"),
    Row("GET /api/v1/dead-letters/{letter_id}/"),
    Row("POST /api/v1/dead-letters/{letter_id}/replay/"),
    Row("POST /api/v1/dead-letters/{letter_id}/discard/"),
    Row("GET /api/"),
    Row("GET /api/v1/health/"),
    Row("GET /api/v1/kpi/stats/"),
    Row("GET /api/schema/"),
    Row("GET /api/docs/"),
    Row("GET /api/redoc/"),
]
