"""Pictures, drawn in a child process that ends with each of them: the service itself never loads what draws."""

from base64 import b64encode
from hashlib import sha256

import orjson

from contracts.notify.pictures import Picture
from kit.errors import Unavailable
from kit.process.bulkhead import Bulkhead
from kit.process.subprocess_errors import SubprocessError
from kit.process.subprocesses import GIB, run_in_subprocess
from notify.pictures.domain import Sheet
from notify.pictures.drawing import draw

SECONDS, WAIT = 40.0, 20.0
MAX_BYTES = 5 << 20
"""Of a picture: with it an answer stays below the limit of one message."""
turns = Bulkhead("The drawing of pictures", calls=2, queue=8, wait_seconds=WAIT)


async def rendered(sheet: Sheet, known: str | None) -> Picture:
    """Returns the picture, without its data when the sender knows it. Raises Unavailable."""
    etag = f'"{sha256(orjson.dumps(sheet)).hexdigest()[:32]}"'
    if known is not None and etag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
        return Picture(etag=etag, data="")
    async with turns.slot():
        try:
            data = await run_in_subprocess(draw, sheet, timeout=SECONDS, memory=2 * GIB)
        except SubprocessError as error:
            raise Unavailable("picture_failed", "The picture could not be drawn: ask for less.") from error
    if len(data) > MAX_BYTES:
        raise Unavailable("picture_too_large", "The picture has too many bytes: ask for less, or for PNG.")
    return Picture(etag=etag, data=b64encode(data).decode())
