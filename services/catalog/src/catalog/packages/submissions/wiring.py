"""What the service provides to jobs for packages."""

from collections.abc import Awaitable, Callable, Collection

from catalog.packages.submissions.areas import AreaReader, Boundaries
from catalog.packages.submissions.handlers import router
from catalog.packages.submissions.presenter import PackageAddresses
from catalog.packages.submissions.quota import JobQuota
from catalog.packages.submissions.rules import SubmissionRules
from catalog.packages.submissions.settings import SubmissionSettings
from catalog.packages.submissions.upkeep import JobUpkeep
from kit.app import Service

__all__ = ["register", "router"]


def register(
    service: Service, settings: SubmissionSettings, boundaries: Boundaries, known: Callable[[], Collection[str]],
    read: Callable[[], Awaitable[object]], host: str,
) -> tuple[AreaReader, SubmissionRules]:  # fmt: skip
    """`known`: names of the processors that users may name, once they were read, as `read` does. `host`: public root of
    packages."""
    areas = AreaReader(boundaries)
    rules = SubmissionRules(known, JobQuota.of(settings), settings.package_jobs_enabled, read)
    service.provides += [areas, rules, PackageAddresses(host)]
    service.loops.append(JobUpkeep.of(settings).run)
    return areas, rules
