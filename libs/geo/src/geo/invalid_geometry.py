"""The error of a geometry that is refused, the same for areas, labels, predictions and feedback."""

from typing import Any, cast

import orjson

from kit.errors import Invalid

CODE = "GEOMETRY_VALIDATION_ERROR"
MAX_SHOWN = 200
"""Characters of the refused value that its sender gets back."""


class InvalidGeometry(Invalid):
    """`field`: where clients look for the message. `value`: what they sent there. `problem`: a text for its sender."""

    def __init__(self, field: str, value: Any, problem: str) -> None:
        super().__init__(CODE, problem, **_details(value, problem), **{field: [problem]})


def _details(value: Any, problem: str) -> dict[str, str]:
    python_type, text = type(value).__name__, _text(value)
    members = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    kind = members.get("type")
    return {
        "geometry_type": kind if isinstance(kind, str) else python_type,
        "error": problem,
        "data": text[:MAX_SHOWN],
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
