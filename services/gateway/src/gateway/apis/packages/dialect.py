"""The dialect of the API of packages: clients read `detail`, which is a list for invalid input and a sentence
otherwise."""

from collections.abc import Sequence
from typing import Any

from gateway.http.dialect import Body, Dialect
from gateway.openapi.components import INVALID_FIELDS
from kit.http.problems import problem


def _listed(errors: Sequence[Any], path: str) -> Body:
    found = [{"loc": list(error["loc"]), "msg": error["msg"], "type": error["type"]} for error in errors]
    return {**problem(422, "", path), "detail": found}


PACKAGES = Dialect("packages", invalid_status=422, invalid_body=_listed, invalid_response=INVALID_FIELDS)
READ = "packages"
"""Rate limit of reads, so that a program may ask every second how far a job is."""
