"""Features that users want to bring to OpenStreetMap."""

from datetime import datetime

from contracts.base import Contract, Query
from contracts.shared import Json


class DescribeAsOsm(Query, wire="catalog.v1.describe_as_osm"):
    """Returns the features as OSM XML for an editor: the text as a JSON string."""

    features: list[Json]


class Conflate(Query, wire="catalog.v1.conflate"):
    """Returns the features that OpenStreetMap does not have yet. It queries the Raw Data API, so it is slow."""

    features: list[Json]


class GetOsmStatus(Query, wire="catalog.v1.get_osm_status"):
    """Returns `OsmStatus`, cached for a minute."""


class OsmStatus(Contract):
    lastUpdated: datetime
    """Time up to which changes of OpenStreetMap are in the data that labels and conflation use."""
