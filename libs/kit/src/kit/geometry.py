"""How a geometry is refused, the same wherever it was drawn. Plain Python: idle services need no geometry library."""

from typing import Any, cast

import orjson

from kit.errors import Invalid

CODE = "GEOMETRY_VALIDATION_ERROR"
SHOWN = 200
"""Characters of what was sent that its sender gets back."""


class InvalidGeometry(Invalid):
    """`field` is where clients look for the message; `value` is whatever they sent there."""

    def __init__(self, field: str, value: Any, problem: str) -> None:
        super().__init__(CODE, problem, **geometry_facts(value, problem), **{field: [problem]})


def geometry_facts(value: Any, problem: str) -> dict[str, str]:
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    kind = members.get("type")
    return {
        "geometry_type": kind if isinstance(kind, str) else type(value).__name__,
        "error": problem,
        "data": (value if isinstance(value, str) else orjson.dumps(value, default=str).decode())[:SHOWN],
    }
