"""Figures of the label store for Prometheus, under the names that dashboards of the LabelAPI have."""

import asyncio
import logging
import time
from collections.abc import Iterator

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import text

from catalog.labelstore.counters import PREFIX
from catalog.labelstore.schema import SCHEMA
from kit.app import Service

log = logging.getLogger("catalog.labelstore")
REUSED_FOR, ASKED_WITHIN, LOOK_EVERY = 15.0, 120.0, 1.0
"""Seconds: of one count, without a scrape until nothing is counted any more, between two looks whether it is time."""
_COUNTS = text(
    f"select (select count(*) from {SCHEMA}.campaign_images where labeled),"
    f" (select count(*) from {SCHEMA}.campaign_images where not labeled),"
    f" (select coalesce(max(value), 0) from {SCHEMA}.totals where name = 'images'),"
    f" (select coalesce(sum(filesize), 0) from {SCHEMA}.images)"
)


class Figures(Collector):
    """What the database says, the same on every replica. It is counted while somebody asks for it."""

    def __init__(self) -> None:
        self.values: tuple[int, int, int, int] | None = None
        self.asked, self.counted = time.monotonic(), float("-inf")

    @property
    def is_due(self) -> bool:
        now = time.monotonic()
        return now - self.asked < ASKED_WITHIN and now - self.counted > REUSED_FOR

    def collect(self) -> Iterator[Metric]:
        self.asked = time.monotonic()
        if self.values is None:
            return
        labeled, unlabeled, images, size = self.values
        yield CounterMetricFamily(f"{PREFIX}number_of_labeled_images", "Labelled images of campaigns", labeled)
        yield GaugeMetricFamily(f"{PREFIX}number_of_unlabeled_images", "Images of campaigns to label", unlabeled)
        yield CounterMetricFamily(f"{PREFIX}number_of_available_images", "Images", images)
        yield CounterMetricFamily(f"{PREFIX}total_storage_container_size", "Bytes of all images", size)

    async def count(self, service: Service) -> None:
        self.counted = time.monotonic()
        async with service.db.session() as session:
            found = (await session.execute(_COUNTS)).one()
        self.values = int(found[0]), int(found[1]), int(found[2]), int(found[3])


def figures_loop(figures: Figures):
    """Returns a loop of the service; one process has the figures once."""

    async def run(service: Service) -> None:
        REGISTRY.register(figures)
        try:
            while True:
                if figures.is_due:
                    await _counted(figures, service)
                await asyncio.sleep(LOOK_EVERY)
        finally:
            REGISTRY.unregister(figures)

    return run


async def _counted(figures: Figures, service: Service) -> None:
    try:
        await figures.count(service)
    except Exception as error:
        log.warning("labels.not_counted", extra={"fields": {"reason": repr(error)}})
