"""The JSON schema of dashboards: found, checked, and applied. The library that applies it is loaded on first use."""

import hashlib
import urllib.request
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson

from contracts.notify.dashboards import SchemaError
from notify.dashboards.settings import DashboardSettings

NAME = "dashboarddto.schema.json"
SHIPPED = files("notify.dashboards") / "schema"
TIMEOUT = 10.0
"""Seconds to fetch the file."""


class BadSchema(Exception):
    """Says which file is wrong, and in what."""


class DashboardSchema:
    """`content` is the file; empty where dashboards are not checked."""

    def __init__(self, settings: DashboardSettings) -> None:
        """Raises BadSchema for a file that is missing, no JSON, or no draft-07 schema. That of the package is known to
        be one."""
        self.content = self._read(settings.schema_path) if settings.validate_dashboard_schema else b""
        if self.content and settings.schema_path:
            _check(self.content, settings.schema_path)

    def _read(self, path: str | None) -> bytes:
        try:
            if path is None:
                return (SHIPPED / NAME).read_bytes()
            if path.startswith(("http://", "https://")):
                with urllib.request.urlopen(f"{path}/{NAME}", timeout=TIMEOUT) as answer:  # noqa: S310 (http and https only)
                    return answer.read()
            return (Path(path) / NAME).read_bytes()
        except (OSError, ValueError) as error:
            raise BadSchema(f"SCHEMA_PATH: {NAME} cannot be read from {path}: {error}") from error

    @property
    def sha256(self) -> str | None:
        """SHA-256 of the file as hex; None where dashboards are not checked."""
        return hashlib.sha256(self.content).hexdigest() if self.content else None

    @cached_property
    def _validator(self) -> Any:
        import jsonschema_rs

        return jsonschema_rs.Draft7Validator(orjson.loads(self.content))

    def errors(self, dto: Any) -> Iterator[SchemaError]:
        """Yields what is wrong with a dashboard, nothing where dashboards are not checked."""
        if self.content:
            for error in self._validator.iter_errors(dto):
                yield SchemaError(pointer=pointer(error.instance_path), message=error.message[:500])


def pointer(path: list[str | int]) -> str:
    """Returns the JSON pointer (RFC 6901) of a path from the top down."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def _check(content: bytes, path: str) -> None:
    import jsonschema_rs

    try:
        jsonschema_rs.Draft7Validator(orjson.loads(content))
    except ValueError as error:
        raise BadSchema(f"SCHEMA_PATH: {NAME} of {path} is no draft-07 schema: {error}") from error
