"""Features on their way to OpenStreetMap."""

from datetime import datetime

from contracts.base import Contract, Query
from contracts.shared import Json


class DescribeAsOsm(Query, wire="catalog.v1.describe_as_osm"):
    """Features as OSM XML, ready for an editor; the answer is the text as a JSON string."""

    features: list[Json]


class Conflate(Query, wire="catalog.v1.conflate"):
    """The features that OpenStreetMap does not have yet. Asks the Raw Data API, so it takes its time."""

    features: list[Json]


class GetOsmStatus(Query, wire="catalog.v1.get_osm_status"):
    """An `OsmStatus`. Known for a minute, so that asking is cheap."""


class OsmStatus(Contract):
    lastUpdated: datetime
    """Up to when OpenStreetMap's changes are in the data that labels and conflation get."""
