"""What a job would give, before it is submitted."""

import asyncio
from typing import Any

from sqlalchemy import select

from catalog.packages.packages.tables import PackageDatasetRow
from catalog.packages.production.child.state import Asked
from catalog.packages.production.outcome import ProcessorFailed
from catalog.packages.production.processors import Processors
from catalog.packages.production.tables import PackageResultRow
from catalog.packages.submissions.areas import Area, AreaReader
from catalog.packages.submissions.queries import past_seconds
from catalog.packages.submissions.rules import SubmissionRules
from contracts.catalog.package_jobs import EstimatePackage
from contracts.shared import Json
from kit.errors import Unavailable
from kit.messaging.tx import ReadTx
from kit.process.subprocess_errors import SubprocessError

LIMIT = 12.0
"""Seconds for all processors of one estimate; those that are left say that there was no time."""
LATE = {"problem": {"code": "estimate_timeout", "detail": "There was no time to look at this one. Ask for it alone."}}


class Estimates:
    """Children for estimates; each takes one at a time. `stop` ends them."""

    def __init__(self, children: list[Processors]) -> None:
        self._free: asyncio.LifoQueue[Processors] = asyncio.LifoQueue()
        self._children = children
        for child in children:
            self._free.put_nowait(child)

    async def stop(self) -> None:
        for child in self._children:
            await child.stop()

    async def of(self, asked: Asked, until: float) -> Json:
        """Returns the estimate of one processor, or its `problem`. `until` is a time of the event loop."""
        left = until - asyncio.get_running_loop().time()
        try:
            child = await asyncio.wait_for(self._free.get(), max(left, 0.01))
        except TimeoutError:
            return LATE
        try:
            return await child.estimate(asked, max(until - asyncio.get_running_loop().time(), 0.1))
        except ProcessorFailed as error:
            return {"problem": {"code": error.failure.code, "detail": error.failure.message}}
        except SubprocessError as error:
            raise Unavailable("estimate_died", "The estimate could not be made. Try again.") from error
        finally:
            self._free.put_nowait(child)


async def estimate(
    query: EstimatePackage, read: ReadTx, areas: AreaReader, rules: SubmissionRules, estimates: Estimates
) -> Json:
    """Returns the area's package name, what each processor would give, and the limit that a job would meet, if any.
    Raises Invalid as a submission would."""
    await rules.read()
    area = await areas.read(query.area, rules.quota.area_limit(read.actor), read)
    rules.ensure_known(query.processors)
    options, until = query.options.model_dump(mode="json"), asyncio.get_running_loop().time() + LIMIT
    refusal = await rules.quota.problem(read.actor, read)
    known = {name: await _known(name, area, options, read) for name in query.processors}
    await read.close()
    asked = [Asked(name, area.name, area.outline, options) for name in query.processors]
    made = await asyncio.gather(*(estimates.of(one, until) for one in asked))
    return {
        "boundary_name": area.name,
        "processors": {
            one.processor: {**given, **known[one.processor]} for one, given in zip(asked, made, strict=True)
        },
        "refusal": refusal and {"code": refusal.code, "detail": refusal.detail},
    }


async def _known(processor: str, area: Area, options: dict[str, Any], read: ReadTx) -> Json:
    """`stored`: the package has it. `cached`: an equal result is kept. `past_seconds`: median of earlier runs."""
    alike = (PackageResultRow.processor == processor, PackageResultRow.outline_sha256 == area.sha256)
    cached = await read.session.scalar(
        select(PackageResultRow.request_key).where(*alike, PackageResultRow.options == options)
    )
    stored = await read.session.get(PackageDatasetRow, (area.name, processor))
    past = sorted((await past_seconds({processor}, read))[processor])
    return {
        "stored": stored is not None, "cached": cached is not None,
        "past_seconds": past[len(past) // 2] if past else None,
    }  # fmt: skip
