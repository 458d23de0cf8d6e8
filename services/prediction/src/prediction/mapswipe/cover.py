"""The picture of a project: what the caller named, else a tile of the prediction. Foreign bytes are decoded apart."""

import io
from concurrent.futures.process import BrokenProcessPool

from imagery.geotiff import FORMATS, MAX_SIDE, limit_child
from kit.child import in_child
from kit.outbound import IMAGE, Outbound, OutboundError
from kit.storage import Storage
from prediction.mapswipe.client import MapswipeError

SIDE = (512, 512)
PATIENCE = 30.0
PLAIN = "#3b6ea5"


async def cover(prediction_id: int, address: str | None, storage: Storage, outbound: Outbound) -> bytes:
    """A JPEG. MapswipeError when the address leads to no picture."""
    content = await (_fetched(address, outbound) if address else _tile(prediction_id, storage))
    try:
        return await in_child(jpeg, content, FORMATS if address else ("TIFF",), timeout=PATIENCE)
    except (OSError, SyntaxError, ValueError, MemoryError, BrokenProcessPool, TimeoutError) as error:
        raise MapswipeError("The cover image is no readable PNG, JPEG or WebP of usual size.") from error


async def _fetched(address: str, outbound: Outbound) -> bytes:
    try:
        return (await outbound.get(address, IMAGE)).content
    except OutboundError as error:
        raise MapswipeError(f"The cover image cannot be had: {error}", error.transient) from error


async def _tile(prediction_id: int, storage: Storage) -> bytes | None:
    """The one in the middle; None when there is none any more."""
    keys = await storage.keys(f"predict/{prediction_id}/input/OAM-")
    return await storage.get(keys[len(keys) // 2]) if keys else None


def jpeg(content: bytes | None, formats: tuple[str, ...]) -> bytes:
    """In a child process; a plain picture of no content."""
    from PIL import Image

    limit_child()
    made = io.BytesIO()
    if content is None:
        Image.new("RGB", SIDE, PLAIN).save(made, "JPEG")
        return made.getvalue()
    with Image.open(io.BytesIO(content), formats=formats) as picture:
        if max(picture.size) > MAX_SIDE:
            raise ValueError("too large")
        picture.convert("RGB").resize(SIDE).save(made, "JPEG")
    return made.getvalue()
