from collections.abc import Sequence
from functools import partial

from catalog.labelstore.counters import BOXES
from catalog.labelstore.objects import leases, predictions, quality, queries, review, suspicious, usecases
from catalog.labelstore.settings import LabelStoreSettings
from contracts.catalog import label_campaigns as campaigns
from contracts.catalog import label_objects as c
from contracts.shared import Json, Outcome
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.storage.port import ObjectStore
from kit.telemetry.samples import SampleBuffer

router = Router("catalog")


@router.on(c.SubmitObjects)
async def submit_objects(command: c.SubmitObjects, tx: Tx, settings: LabelStoreSettings, bus: Bus) -> str:
    agreements = await usecases.submit_objects(command, tx, settings)
    tx.on_commit(partial(_record, bus.samples, command.campaign_id, agreements))
    for entry in command.images:
        BOXES.observe(len(entry.objects))
    return usecases.OK


def _record(samples: SampleBuffer, campaign_id: int, agreements: Sequence[float]) -> None:
    about = "How far labellers of the same image agree, 0 to 1"
    for agreement in agreements:
        samples.add("labels", f"{campaign_id}/agreement", agreement, description=about)


@router.on(campaigns.LeaseImages)
async def lease_images(command: campaigns.LeaseImages, tx: Tx) -> Json:
    return await leases.lease_images(command, tx)


@router.on(campaigns.RenewLeases)
async def renew_leases(command: campaigns.RenewLeases, tx: Tx) -> Json:
    return await leases.renew_leases(command, tx)


@router.on(campaigns.ReleaseLeases, http=204)
async def release_leases(command: campaigns.ReleaseLeases, tx: Tx) -> None:
    await leases.release_leases(command, tx)


@router.on(c.ReviewImages)
async def review_images(command: c.ReviewImages, tx: Tx) -> Json:
    return await review.review_images(command, tx)


@router.on(c.RestoreRevision)
async def restore_revision(command: c.RestoreRevision, tx: Tx) -> str:
    return await review.restore_revision(command, tx)


@router.on(c.StorePredictions)
async def store_predictions(command: c.StorePredictions, tx: Tx, settings: LabelStoreSettings) -> Outcome:
    return await predictions.store_predictions(command, tx, settings)


@router.effect(c.StoreMapPredictions)
async def store_map_predictions(command: c.StoreMapPredictions, read: ReadTx, bus: Bus, storage: ObjectStore):
    from catalog.labelstore.objects.map_predictions import store_map_predictions as prepared

    return await prepared(command, read, bus, storage)


@router.on(c.MarkTruth)
async def mark_truth(command: c.MarkTruth, tx: Tx, settings: LabelStoreSettings) -> str:
    return await quality.mark_truth(command, tx, settings)


@router.on(c.ListOpinions)
async def list_opinions(query: c.ListOpinions, read: ReadTx) -> Json:
    return await quality.list_opinions(query, read)


@router.on(c.GetLabelQuality)
async def get_label_quality(query: c.GetLabelQuality, read: ReadTx) -> Json:
    return await quality.get_quality(query.campaign_id, read)


@router.on(c.ListSuspiciousLabels)
async def list_suspicious_labels(query: c.ListSuspiciousLabels, read: ReadTx) -> Json:
    return await suspicious.list_suspicious(query, read)


@router.on(c.ListCampaignObjects)
async def list_campaign_objects(query: c.ListCampaignObjects, read: ReadTx) -> bytes:
    return await queries.list_campaign_objects(query, read)


@router.on(c.ListImageObjects)
async def list_image_objects(query: c.ListImageObjects, read: ReadTx) -> list[Json]:
    return await queries.list_image_objects(query, read)


@router.on(c.ListRevisions)
async def list_revisions(query: c.ListRevisions, read: ReadTx) -> list[Json]:
    return await queries.list_revisions(query, read)


@router.on(c.ListPredictions)
async def list_predictions(query: c.ListPredictions, read: ReadTx) -> bytes:
    return await queries.list_predictions(query, read)
