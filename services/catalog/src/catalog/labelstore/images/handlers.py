from collections.abc import Awaitable, Callable

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.images import inspection, queries, usecases
from contracts.catalog import label_images as c
from contracts.catalog.label_shared import SignedUrl
from contracts.shared import Json
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx

router = Router("catalog")


@router.effect(c.RegisterImages, http=201)
async def register_images(
    command: c.RegisterImages, read: ReadTx, files: LabelFiles, bus: Bus
) -> Callable[[Tx], Awaitable[Json]]:  # fmt: skip
    return await usecases.register_images(command, read, files, bus)


@router.in_worker(c.InspectImages)
async def inspect_images(query: c.InspectImages, read: ReadTx, files: LabelFiles) -> bytes:
    return await inspection.inspect_images(query, files)


@router.on(c.ChangeImage)
async def change_image(command: c.ChangeImage, tx: Tx) -> Json:
    return await usecases.change_image(command, tx)


@router.on(c.GetImage)
async def get_image(query: c.GetImage, read: ReadTx) -> Json:
    return await queries.get_image(query.image_id, read)


@router.on(c.GetImageUrl)
async def get_image_url(query: c.GetImageUrl, read: ReadTx, files: LabelFiles) -> SignedUrl:
    return await queries.get_image_url(query.image_id, read, files)


@router.on(c.ListImages)
async def list_images(query: c.ListImages, read: ReadTx) -> bytes:
    return await queries.list_images(query, read)


@router.on(c.ListImagesOfSet)
async def list_images_of_set(query: c.ListImagesOfSet, read: ReadTx) -> bytes:
    return await queries.list_images_of_set(query, read)


@router.on(c.ListImageIds)
async def list_image_ids(query: c.ListImageIds, read: ReadTx) -> Json:
    return await queries.list_image_ids(query, read)


@router.on(c.ListSimilarImages)
async def list_similar_images(query: c.ListSimilarImages, read: ReadTx) -> list[Json]:
    return await queries.list_similar_images(query, read)
