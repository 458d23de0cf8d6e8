"""Labels that look wrong: objects that differ from what a model is sure of."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.campaigns.visibility import admin_campaign
from catalog.labelstore.objects.agreement import Said, pairs_of
from catalog.labelstore.objects.queries import CURRENT
from catalog.labelstore.objects.tables import ObjectRow, PredictionRow
from contracts.catalog import label_objects as c
from contracts.shared import Json
from kit.messaging.tx import ReadTx

AT_ONCE = 500
"""Images in memory at a time."""


async def list_suspicious(query: c.ListSuspiciousLabels, read: ReadTx) -> Json:
    campaign = await admin_campaign(query.campaign_id, read)
    found: list[Json] = []
    total, after = 0, 0
    while True:
        images, after = await _images(campaign.id, after, read)
        if not images:
            break
        part = await asyncio.to_thread(_compared, images, query)
        total += len(part)
        found = sorted([*found, *part], key=lambda one: -one["score"])[: query.limit]
    return {"total": total, "suspicions": found}


async def _images(campaign_id: int, after: int, read: ReadTx) -> tuple[list[tuple[int, list[Any], list[Any]]], int]:
    """Returns the next images with their objects and predictions, and the row of the last one."""
    row = CampaignImageRow
    columns = select(row.id, row.image_id, PredictionRow.objects).join(
        PredictionRow, PredictionRow.campaign_image_id == row.id
    )
    wanted = columns.where(row.campaign_id == campaign_id, row.labeled, row.id > after).order_by(row.id).limit(AT_ONCE)
    rows = (await read.session.execute(wanted)).tuples().all()
    objects: dict[int, list[ObjectRow]] = {row_id: [] for row_id, _, _ in rows}
    said = select(ObjectRow).join(CampaignImageRow, CURRENT).where(CampaignImageRow.id.in_(objects))
    for one in await read.session.scalars(said.order_by(ObjectRow.id)):
        objects[one.campaign_image_id].append(one)
    return [(image_id, objects[row_id], predicted) for row_id, image_id, predicted in rows], rows[-1][0] if rows else 0


def _compared(images: Sequence[tuple[int, list[Any], list[Any]]], query: c.ListSuspiciousLabels) -> list[Json]:
    return [one for image_id, objects, predicted in images for one in _of_image(image_id, objects, predicted, query)]


def _of_image(
    image_id: int, objects: list[ObjectRow], predicted: list[Any], query: c.ListSuspiciousLabels
) -> list[Json]:
    drawn = [Said(one.label, (one.x_min, one.y_min, one.x_max, one.y_max), one.geometry) for one in objects]
    proposed = [Said(one["label"], _box(one["bounding_box"]), one.get("geometry")) for one in predicted]
    pairs = pairs_of(drawn, proposed, query.min_iou, same_label=False)
    sure = [one.get("confidence") or 0.0 for one in predicted]
    found = [
        _suspicion(image_id, "label", sure[j], drawn[i], proposed[j].label, objects[i].id)
        for i, j in pairs if drawn[i].label != proposed[j].label
    ]  # fmt: skip
    met = {i for i, _ in pairs}, {j for _, j in pairs}
    found += [
        _suspicion(image_id, "missing", sure[j], one, one.label, None)
        for j, one in enumerate(proposed) if j not in met[1] and sure[j] >= query.min_confidence
    ]  # fmt: skip
    untouched = {i for i, _ in pairs_of(drawn, proposed, 1e-9, same_label=False)}
    return found + [
        _suspicion(image_id, "spurious", 0.5, one, None, objects[i].id)
        for i, one in enumerate(drawn) if i not in met[0] | untouched
    ]  # fmt: skip


def _box(box: dict[str, int]) -> tuple[int, int, int, int]:
    return box["xmin"], box["ymin"], box["xmax"], box["ymax"]


def _suspicion(image_id: int, kind: str, score: float, one: Said, predicted: str | None, object_id: int | None) -> Json:
    xmin, ymin, xmax, ymax = one.box
    return {
        "image_id": image_id, "kind": kind, "score": score, "label": None if kind == "missing" else one.label,
        "predicted": predicted, "bounding_box": {"xmin": xmin, "xmax": xmax, "ymin": ymin, "ymax": ymax},
        "object_id": object_id,
    }  # fmt: skip
