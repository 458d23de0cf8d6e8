"""Contents of dashboards: checked before they are stored."""

import asyncio
import logging
from itertools import islice

import orjson

from contracts.notify.dashboards import CheckResult
from notify.dashboards.refusals import check_size, invalid
from notify.dashboards.schema_file import DashboardSchema
from notify.dashboards.settings import DashboardSettings

log = logging.getLogger("notify.dashboards")
IN_THREAD = 256 << 10
"""Characters from which on a content is checked in a thread."""
MAX_ERRORS = 1000


async def check(content: str, settings: DashboardSettings, schema: DashboardSchema) -> int:
    """Returns the size in bytes. Raises Unprocessable for what the schema forbids, then Invalid (413)."""
    if schema.content:
        await _in_thread(content, _check_schema, schema)
    size = len(content.encode())
    if settings.validate_dashboard_size:
        check_size(size, settings.dashboard_max_single)
    return size


async def checked(content: str, settings: DashboardSettings, schema: DashboardSchema) -> CheckResult:
    """Returns all that is wrong, at most MAX_ERRORS of it."""
    errors = await _in_thread(content, _all_errors, schema)
    size = len(content.encode())
    fits = size <= settings.dashboard_max_single or not settings.validate_dashboard_size
    return CheckResult(
        valid=fits and not errors, size_bytes=size, max_bytes=settings.dashboard_max_single, errors=errors[:MAX_ERRORS],
        error_count=len(errors),
    )  # fmt: skip


def _check_schema(content: str, schema: DashboardSchema) -> None:
    for error in islice(schema.errors(orjson.loads(content)), 1):
        log.info("dashboard.invalid", extra={"fields": error.model_dump()})
        raise invalid(error.pointer)


def _all_errors(content: str, schema: DashboardSchema):
    return list(schema.errors(orjson.loads(content)))


async def _in_thread(content: str, run, schema: DashboardSchema):
    return await asyncio.to_thread(run, content, schema) if len(content) > IN_THREAD else run(content, schema)
