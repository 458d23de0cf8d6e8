"""Reads the files of images that are registered: in workers, which have the libraries for it."""

import asyncio
from collections.abc import Sequence
from functools import partial

from pydantic import TypeAdapter

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.images.domain import Inspected
from contracts.catalog.label_images import InspectImages
from contracts.shared import Actor
from kit.errors import NotFound
from kit.messaging.bus import Bus

INSPECTED = TypeAdapter(list[Inspected])
AT_ONCE = 8
"""Files read at a time by one worker, and images of one query."""
QUERIES_AT_ONCE = 4
WAIT = 60.0


async def inspected_by_workers(keys: Sequence[str], actor: Actor, bus: Bus) -> list[Inspected]:
    """Returns what the files say, in the order of their keys. Raises NotFound for an absent one."""
    slots = asyncio.Semaphore(QUERIES_AT_ONCE)

    async def some(part: Sequence[str]) -> list[Inspected]:
        async with slots:
            return INSPECTED.validate_json(await bus.ask(InspectImages(keys=list(part)), actor, WAIT))

    parts = [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
    return [one for found in await asyncio.gather(*map(some, parts)) for one in found]


async def inspect_images(query: InspectImages, files: LabelFiles) -> bytes:
    """Reads each object once as a stream. Raises NotFound for an absent one."""
    from catalog.labelstore.images.inspect import inspect  # Pillow, which an idle worker does without

    read = partial(inspect, exif=files.settings.ingest_exif)
    try:
        found = await asyncio.gather(*(files.storage.read_through(key, read) for key in query.keys))
    except NotFound as error:
        raise NotFound("not_found", f"There is no object {error.detail} in the object store.") from error
    return INSPECTED.dump_json(found)
