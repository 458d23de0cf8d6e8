"""The first example of a new message: `make contracts` writes it, and whoever knows a better one edits the file."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from pydantic.fields import FieldInfo

from contracts.base import Message
from contracts.registry import all_messages
from tests.contracts.schemas import EXAMPLES

Said = dict[tuple[str, str], Any]
"""Name and type of a field → what an example says in it."""


def missing_examples() -> dict[Path, str]:
    """Returns files for the messages that have none. Raises LookupError, in words, for a field without an example."""
    lacking = [message for name, message in sorted(all_messages().items()) if not (EXAMPLES / name).is_dir()]
    return {EXAMPLES / message.ce_type() / "typical.json": first_example(message) for message in lacking}


def first_example(message: type[Message]) -> str:
    """Each field has its own example (`Field(examples=[...])`), or what other messages say in a field with the same
    name and type; fields with a default may be left out."""
    values = {name: value for name, info in message.model_fields.items() for value in _values(message, name, info)}
    return message.model_validate(values).model_dump_json(indent=2, exclude_unset=True) + "\n"


def _values(message: type[Message], name: str, info: FieldInfo) -> Iterator[Any]:
    """One value, or none for a field that may be left out."""
    key = (name, str(info.annotation))
    if info.examples or key in _said():
        yield info.examples[0] if info.examples else _said()[key]
    elif info.is_required():
        raise LookupError(
            f"{message.ce_type()}: no example of its field {name}; write {name}: ... = Field(examples=[...]), or "
            f"libs/contracts/examples/{message.ce_type()}/typical.json"
        )


@cache
def _said() -> Said:
    return {
        (name, str(info.annotation)): example[name]
        for kind, message in all_messages().items() for path in (EXAMPLES / kind).glob("typical.json")
        for example in [orjson.loads(path.read_bytes())]
        for name, info in message.model_fields.items() if name in example
    }  # fmt: skip
