"""What the platform says of itself."""

from tests.surface.expected import Row

ROWS = [
    Row("GET /api/docs/{part}", names={"part": lambda _: "swagger-ui.css"}, row=False),
    Row("GET /console", done=301, why="the address of a folder ends with a slash"),
    Row("GET /console/{path:path}", names={"path": lambda _: "nowhere"}, done=404, row=False, why="no such file"),
]
