"""The picture of a project: what the caller named, else a tile of the prediction. Foreign bytes are decoded apart."""

import io

from imagery.geotiff import FORMATS, MAX_SIDE, MEMORY, check_depth, forbid_files
from kit.http.outbound import IMAGE, Outbound, OutboundError
from kit.process.subprocess_errors import SubprocessError
from kit.process.subprocesses import run_in_subprocess
from kit.storage.object_storage import Storage
from prediction.mapswipe.client import MapswipeError

SIDE = (512, 512)
DECODE_TIMEOUT = 30.0
PLAIN = "#3b6ea5"


async def cover_image(prediction_id: int, address: str | None, storage: Storage, outbound: Outbound) -> bytes:
    """A JPEG. MapswipeError when the address leads to no picture."""
    content = await (_fetched(address, outbound) if address else _tile(prediction_id, storage))
    try:
        return await run_in_subprocess(
            jpeg, content, FORMATS if address else ("TIFF",), timeout=DECODE_TIMEOUT, memory=MEMORY
        )
    except (OSError, SyntaxError, ValueError, SubprocessError) as error:
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

    forbid_files()
    made = io.BytesIO()
    if content is None:
        Image.new("RGB", SIDE, PLAIN).save(made, "JPEG")
        return made.getvalue()
    with Image.open(io.BytesIO(content), formats=formats) as picture:
        if max(picture.size) > MAX_SIDE:
            raise ValueError("too large")
        check_depth(picture, content)
        picture.convert("RGB").resize(SIDE).save(made, "JPEG")
    return made.getvalue()
