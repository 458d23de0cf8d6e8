"""What an import will store: pictures of the file matched with images of the campaign, in the order of the campaign."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.imports.checking import Checker
from catalog.labelstore.imports.formats.found import FoundImage, Tally, outcome
from catalog.labelstore.imports.formats.source import Source
from catalog.labelstore.imports.jobs import reading
from catalog.labelstore.imports.matching import TWICE, CampaignImage, CampaignImages, size_problem
from catalog.labelstore.imports.spool import Spool
from catalog.labelstore.objects.bulk_write import ObjectToStore
from catalog.labelstore.objects.map_shapes import GeoreferencedImage
from catalog.labelstore.objects.rules import ObjectRules
from catalog.labelstore.objects.tables import ObjectRow
from catalog.labelstore.settings import LabelStoreSettings
from catalog.shared.job_claim import JobClaim
from contracts.catalog.label_imports import ImportOptions, ImportReport
from kit.messaging.tx import ReadTx

WITH_IMAGE = "Its image is left out."
SHOWN_FILES = 100
SHOWN_LABELS = 1000


@dataclass(frozen=True)
class Matched:
    image: CampaignImage
    name: str
    split: str | None


@dataclass
class Plan:
    """`images` are the matched ones, in the order of the campaign. Counts grow with the batches."""

    options: ImportOptions
    spool: Spool
    checker: Checker
    known_labels: set[str]
    images: list[Matched] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)

    def match(self, path: Path, campaign: CampaignImages) -> None:
        """Finds the image of each picture; what is left out takes its objects with it."""
        taken: set[int] = set()
        with Source(path, "import") as source:
            for wanted, member in self.spool.images():
                found = self._found(wanted, member, source, campaign)
                if isinstance(found, CampaignImage) and found.row_id in taken:
                    found = TWICE
                if isinstance(found, str):
                    self._leave_out(wanted.name, found)
                else:
                    taken.add(found.row_id)
                    self.images.append(Matched(found, wanted.name, wanted.split))
        self.images.sort(key=lambda one: one.image.row_id)

    def _found(
        self, wanted: FoundImage, member: str | None, source: Source, campaign: CampaignImages
    ) -> CampaignImage | str:
        by_digest = self.options.match_by == "sha256"
        digest = reading.digest_of(source, wanted, member) if by_digest else None
        found = campaign.find(wanted, self.options.match_by, digest)
        return found if isinstance(found, str) else size_problem(wanted, found) or found

    def _leave_out(self, name: str, reason: str) -> None:
        self.spool.images_left_out.add(reason, name)
        if len(self.unmatched) < SHOWN_FILES:
            self.unmatched.append(name)
        if count := self.spool.count(name):
            self.spool.left_out.add(WITH_IMAGE, name, count)

    def batch(self, start: int, end: int) -> list[tuple[Matched, list[ObjectToStore]]]:
        """Returns images with their checked objects."""
        return [(one, self._objects(one)) for one in self.images[start:end]]

    def _objects(self, one: Matched) -> list[ObjectToStore]:
        size = one.image.width, one.image.height
        found = (self.checker.check(each, one.image.row_id, size) for each in self.spool.objects(one.name))
        return [each for each in found if each is not None]

    def report(self) -> ImportReport:
        left_out, labels = Tally(dict(self.spool.left_out.found)), self.checker.labels
        for each in self.checker.left_out.counts():
            left_out.add_all(each)
        altered = Tally(dict(self.spool.altered.found))
        for each in self.checker.altered.counts():
            altered.add_all(each)
        unknown = (labels.keys() - self.known_labels) | self.checker.unknown
        return ImportReport(
            images=outcome(len(self.images), self.spool.images_left_out, Tally()),
            objects=outcome(self.checker.done, left_out, altered), labels=dict(labels.most_common(SHOWN_LABELS)),
            unknown_labels=sorted(unknown)[:SHOWN_LABELS], unmatched_files=self.unmatched,
        )  # fmt: skip


async def make_plan(
    held: JobClaim, options: ImportOptions, spool: Spool, path: Path, settings: LabelStoreSettings
) -> Plan:
    async with held.context.read() as read:
        campaign = await read.session.get_one(CampaignRow, held.row.campaign_id)
        rows = await _rows(campaign.id, read)
        rules = await ObjectRules.of(campaign, settings, read.session)
        known = await _labels(campaign, read) | set((rules.labels or {}).values())
    placed = [
        GeoreferencedImage(row.image_id, row.width, row.height, row.georef["crs"], row.georef["transform"])
        for row in rows if row.georef and row.width and row.height
    ]  # fmt: skip
    plan = Plan(options, spool, Checker(options, rules), known)
    images = CampaignImages.of(CampaignImage(*row[:6]) for row in rows)
    await asyncio.to_thread(_filled, plan, path, placed, images)
    return plan


def _filled(plan: Plan, path: Path, placed: Sequence[GeoreferencedImage], images: CampaignImages) -> None:
    reading.cut_to_images(plan.spool, placed)
    plan.match(path, images)


async def _rows(campaign_id: int, read: ReadTx):
    columns = (
        CampaignImageRow.id, CampaignImageRow.image_id, ImageRow.blobstorage_path, ImageRow.sha256, ImageRow.width,
        ImageRow.height, ImageRow.georef,
    )  # fmt: skip
    mine = select(*columns).join(ImageRow, ImageRow.id == CampaignImageRow.image_id)
    found = mine.where(CampaignImageRow.campaign_id == campaign_id).order_by(CampaignImageRow.id)
    return (await read.session.execute(found)).all()


async def _labels(campaign: CampaignRow, read: ReadTx) -> set[str]:
    """Returns the labels that the campaign has had, or that its translations lead to."""
    said = select(ObjectRow.label).join(CampaignImageRow, CampaignImageRow.id == ObjectRow.campaign_image_id)
    found = (await read.session.scalars(said.where(CampaignImageRow.campaign_id == campaign.id).distinct())).all()
    translated = (campaign.label_translations or {}).values()
    return {*found, *(one for one in translated if isinstance(one, str))}
