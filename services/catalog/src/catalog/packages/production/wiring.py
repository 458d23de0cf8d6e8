"""What the service provides to the making of packages."""

from pathlib import Path

from catalog.packages.production.child.state import ChildSettings
from catalog.packages.production.estimates import Estimates
from catalog.packages.production.freshness import Freshness
from catalog.packages.production.handlers import router
from catalog.packages.production.heartbeat import keep_beating
from catalog.packages.production.jobs.context import ProductionContext, Publish
from catalog.packages.production.processors import Processors
from catalog.packages.production.settings import ProductionSettings
from catalog.packages.production.stale_tasks import task_reaper
from catalog.packages.production.upkeep import ProductionUpkeep
from catalog.packages.storage.port import PackageStorage
from catalog.packages.submissions.areas import AreaReader
from catalog.packages.submissions.rules import SubmissionRules
from kit.app import Service

__all__ = ["register", "router"]
ESTIMATORS = 2
"""Estimates at a time."""


def register(
    service: Service, settings: ProductionSettings, storage: PackageStorage, areas: AreaReader, rules: SubmissionRules,
    folders: tuple[Path, ...], host: str, expiry: float, publish: Publish,
) -> None:  # fmt: skip
    """`folders`: of processors. `host`: public root of packages. `expiry`: seconds that a task may wait. A task in work
    without a sign of life for as long as a lock lasts is begun anew. `publish` makes the catalogue's item."""
    child = ChildSettings(
        folders, settings.package_source_catalogue, settings.package_processing_root, settings.package_source_offline,
        settings.package_allow_sources, settings.package_source_bytes, settings.osm_address, host,
    )  # fmt: skip
    limits = (settings.package_memory, settings.package_part_limit, settings.package_fetch_limit)
    estimators = [Processors(child, *limits) for _ in range(ESTIMATORS)]
    worker = Processors(child, *limits)
    lock, kept = settings.package_lock_timeout, settings.package_dataset_kept
    service.provides += [worker, Estimates(estimators), ProductionContext(storage, worker, lock, expiry, kept, publish)]
    freshness = Freshness(storage, areas, rules, estimators[0] if settings.package_rebuild else None)
    upkeep = ProductionUpkeep(storage, freshness, lock, settings.package_cache_retention)
    service.loops += [upkeep.run, task_reaper(lock).run]
    service.worker_loops["bulk"] += [keep_beating, freshness.keep_rebuilding]
