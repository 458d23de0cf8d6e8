"""What the platform says of itself."""

from tests.surface.expected import Row

ROWS = [
    Row("GET /api/docs/{part}", names={"part": lambda _: "swagger-ui.css"}, row=False),
]
