"""What the platform says of itself."""

from tests.surface.expected import Row

ROWS = [
    Row("auth GET /api/v1/events/"),
    Row("auth GET /api/v1/commands/{command_id}/"),
    Row("admin GET /api/v1/dead-letters/"),
    Row("admin GET /api/v1/dead-letters/{letter_id}/"),
    Row("admin POST /api/v1/dead-letters/{letter_id}/replay/"),
    Row("admin POST /api/v1/dead-letters/{letter_id}/discard/"),
    Row("open GET /api/"),
    Row("open GET /api/v1/health/"),
    Row("open GET /api/v1/kpi/stats/"),
    Row("open GET /api/schema/"),
    Row("open GET /api/docs/"),
    Row("open GET /api/redoc/"),
    Row("open GET /api/docs/{part}", names={"part": lambda _: "swagger-ui.css"}, row=False),
]
