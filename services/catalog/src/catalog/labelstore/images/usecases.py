from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Text, column, select, table

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.images.domain import Inspected
from catalog.labelstore.images.inspection import inspected_by_workers
from catalog.labelstore.images.queries import present_images
from catalog.labelstore.images.registering import add_images, file_columns, known_paths
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_images as c
from contracts.shared import Json
from kit.errors import Conflict, NotFound, Unprocessable
from kit.messaging.bus import Bus
from kit.messaging.tx import ReadTx, Tx

MAX_INSPECTED = 500
image_sets = table("image_sets", column("id", BigInteger), column("status", Text), schema=SCHEMA)


async def register_images(
    command: c.RegisterImages, read: ReadTx, files: LabelFiles, bus: Bus
) -> Callable[[Tx], Awaitable[Json]]:  # fmt: skip
    """Has the objects read where that is wanted, then returns what registers them."""
    (await principal_of(read.actor, read.session)).require_admin()
    await read.close()
    keys = [files.key_of(image.filepath) for image in command.images]
    found: list[Inspected | None] = [None] * len(keys)
    if command.inspect:
        if len(keys) > MAX_INSPECTED:
            raise Unprocessable("too_large", f"At most {MAX_INSPECTED} images are inspected in one request.")
        found = list(await inspected_by_workers(keys, read.actor, bus))
    return partial(_registered, command, found)


async def _registered(command: c.RegisterImages, found: list[Inspected | None], tx: Tx) -> Json:
    (await principal_of(tx.actor, tx.session)).require_admin()
    paths = [image.filepath for image in command.images]
    twice = {path for path, count in Counter(paths).items() if count > 1}
    if taken := await known_paths(paths, tx) or twice:
        raise Conflict("conflict", f"There is an image {min(taken)} already.")
    for imageset_id in {image.imageset_id for image in command.images if image.imageset_id is not None}:
        await require_open_set(imageset_id, tx)
    rows = [_columns(image, one) for image, one in zip(command.images, found, strict=True)]
    ids = await add_images(rows, None, tx)
    return {"images": await present_images(ids, tx.session)}


async def require_open_set(imageset_id: int, tx: Tx) -> None:
    """Locks the set. Raises NotFound for an unknown one, Conflict unless it is `created`."""
    wanted = select(image_sets.c.status).where(image_sets.c.id == imageset_id).with_for_update()
    status = await tx.session.scalar(wanted)
    if status is None:
        raise NotFound("not_found", f"There is no image set {imageset_id}.")
    if status != "created":
        raise Conflict("conflict", f'Image set {imageset_id} is "{status}"; images can be added while it is "created".')


def _columns(image: c.NewImage, found: Inspected | None) -> dict[str, Any]:
    """What the request says of a picture counts more than what its file says."""
    columns = file_columns(found) if found else _given_file(image.file or c.ImageFile())
    location = image.location
    if location:
        _refuse_half_position(location)
        columns |= {"lat": location.lat, "lon": location.lon}
    columns |= {"date_taken": image.date_taken} if image.date_taken else {}
    columns |= {"georef": image.georef.model_dump(mode="json")} if image.georef else {}
    return columns | {
        "blobstorage_path": image.filepath, "imageset_id": image.imageset_id, "type": image.type,
        "location_description": location and location.description, "details": image.metadata, "tss_id": image.tss_id,
    }  # fmt: skip


def _given_file(file: c.ImageFile) -> dict[str, Any]:
    columns = file_columns(Inspected(filesize=0, sha256=""))
    given = file.model_dump(include={"filetype", "filesize", "orientation", "sha256"})
    return columns | given | {"width": file.dimensions.width, "height": file.dimensions.height}


def _refuse_half_position(location: c.Location) -> None:
    if (location.lat is None) != (location.lon is None):
        raise Unprocessable("invalid_value", "lat and lon are both given or both null.")


async def change_image(command: c.ChangeImage, tx: Tx) -> Json:
    (await principal_of(tx.actor, tx.session)).require_admin()
    row = await tx.session.get(ImageRow, command.image_id, with_for_update=True)
    if row is None:
        raise NotFound("not_found", f"There is no image {command.image_id}.")
    for name in {"date_taken", "type", "tss_id"} & set(command.changed):
        setattr(row, name, getattr(command, name))
    if "metadata" in command.changed:
        row.details = command.metadata
    if "georef" in command.changed:
        row.georef = command.georef and command.georef.model_dump(mode="json")
    if "location" in command.changed:
        _refuse_half_position(command.location)
        row.location_description = command.location.description
        row.lat, row.lon = command.location.lat, command.location.lon
    await tx.session.flush()
    return (await present_images([row.id], tx.session))[0]
