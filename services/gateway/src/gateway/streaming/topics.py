"""Topics of an event stream: what its reader hears beside what concerns the reader, such as
`dataset:12`, or `package_job:` and its id, or `label_campaign:7`."""

import asyncio
import re
from collections.abc import Callable, Iterable
from uuid import UUID

from contracts.base import Query
from contracts.catalog.datasets import DatasetChanged, DatasetDeleted, GetDataset
from contracts.catalog.label_campaigns import GetCampaign
from contracts.catalog.label_datasets import GetLabelDataset
from contracts.catalog.package_jobs import GetPackageJob
from contracts.notify.dashboard_sharing import GetDetails
from contracts.notify.dashboards import DashboardUpdated
from contracts.shared import Actor
from kit.errors import Forbidden, Invalid, NotFound
from kit.messaging.bus import Bus

MOST = 20
"""Topics of one stream."""
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NUMBERED = "dataset|label_campaign|label_dataset"
_TOPIC = re.compile(rf"(?:{_NUMBERED}):[0-9]{{1,9}}|package_job:{_UUID}|dashboard:[A-Za-z0-9_-]{{1,128}}", re.ASCII)
_QUERIES: dict[str, Callable[[str], Query]] = {
    "dataset": lambda name: GetDataset(dataset_id=int(name)),
    "label_campaign": lambda name: GetCampaign(campaign_id=int(name)),
    "label_dataset": lambda name: GetLabelDataset(dataset_id=int(name)),
    "package_job": lambda name: GetPackageJob(job_id=UUID(name)),
    "dashboard": lambda name: GetDetails(dashboard_id=name),
}
"""Kind of a topic → the question whose refusal says that the asker may not see it."""
ACCESS_CHANGES = frozenset({DatasetChanged.ce_type(), DatasetDeleted.ce_type(), DashboardUpdated.ce_type()})
"""Types of events after which somebody may see a topic no longer."""


def parse(text: str) -> frozenset[str]:
    """Returns the topics of a comma-separated list. Raises Invalid for too many and for what is no topic."""
    topics = frozenset(text.split(",")) - {""}
    if len(topics) > MOST:
        raise Invalid("too_many_topics", "Too many topics.", topics=[f"At most {MOST} topics for each stream."])
    if wrong := sorted(topic[:60] for topic in topics if not _TOPIC.fullmatch(topic)):
        raise Invalid("bad_topic", "Invalid topic.", topics=[f"{one!r} is no topic like dataset:12." for one in wrong])
    return topics


async def check(bus: Bus, actor: Actor, topics: Iterable[str]) -> None:
    """Raises NotFound when there is a topic that the actor may not see, Unavailable when its owner does not answer."""
    await asyncio.gather(*(bus.ask(_question(topic), actor) for topic in topics))


async def may_see(bus: Bus, actor: Actor, topic: str) -> bool:
    """Raises Unavailable when the owner of the topic does not answer."""
    try:
        await bus.ask(_question(topic), actor)
    except (NotFound, Forbidden):
        return False
    return True


def _question(topic: str) -> Query:
    kind, _, name = topic.partition(":")
    return _QUERIES[kind](name)
