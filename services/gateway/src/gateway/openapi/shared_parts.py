"""Repeated parts of operations, moved to the components of the document: each is written once and referred to."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

Json = dict[str, Any]
SMALL = 100
"""Bytes of JSON of what is not worth a reference."""
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


def with_shared_parts(document: Json) -> Json:
    """Moves parameters, responses, and examples of bodies that are equal in several operations. Changes the document
    and returns it."""
    places = list(_shareable(document))
    counts = Counter((kind, _key(holder[at])) for kind, holder, at, _ in places)
    names: dict[tuple[str, bytes], str] = {}
    for kind, holder, at, name in places:
        part, key = holder[at], (kind, _key(holder[at]))
        if counts[key] == 1 or "$ref" in part or len(key[1]) < SMALL:
            continue
        found = document["components"].setdefault(kind, {})
        if key not in names:
            names[key] = _free(name, found)
            found[names[key]] = part
        holder[at] = {"$ref": f"#/components/{kind}/{names[key]}"}
    return document


def _shareable(document: Json) -> Iterator[tuple[str, Any, Any, str]]:
    """Yields what can be moved: its kind, where it is, and the name that it gets."""
    for item in document["paths"].values():
        for operation in (item[method] for method in METHODS if method in item):
            parameters = operation.get("parameters", [])
            yield from (("parameters", parameters, at, _word(one)) for at, one in enumerate(parameters))
            responses = operation["responses"]
            yield from (("responses", responses, status, _answer(one, status)) for status, one in responses.items())
            for media in operation.get("requestBody", {}).get("content", {}).values():
                examples = media.get("examples", {})
                yield from (("examples", examples, at, operation["operationId"]) for at in examples)


def _key(part: Json) -> bytes:
    return orjson.dumps(part, option=orjson.OPT_SORT_KEYS)


def _word(parameter: Json) -> str:
    return "".join(word.title() for word in re.findall(r"[A-Za-z0-9]+", parameter.get("name", "")))


def _answer(response: Json, status: str) -> str:
    """Named after the schema of its content."""
    schemas = [media.get("schema", {}) for media in response.get("content", {}).values()]
    names = [schema["$ref"].rpartition("/")[2] for schema in schemas if "$ref" in schema]
    return f"{names[0] if names else 'Answer'}{status}"


def _free(name: str, taken: Json) -> str:
    """Returns the name, with a number behind it when others have it."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free
