"""Keys of OpenStreetMap: those of the wiki's "Map features" and their properties. A key with a colon is known where its
first part is (`addr:street`, `building:levels`)."""

FEATURE_KEYS = frozenset({
    "aerialway", "aeroway", "allotments", "amenity", "area:highway", "barrier", "boundary", "building", "building:part",
    "cemetery", "club", "craft", "emergency", "geological", "golf", "healthcare", "highway", "historic", "indoor",
    "junction", "landcover", "landuse", "leisure", "man_made", "military", "natural", "office", "place", "playground",
    "power", "public_transport", "railway", "route", "shop", "telecom", "tourism", "traffic_calming", "water",
    "waterway", "wetland",
})  # fmt: skip
"""Each of them defines what a feature is."""
LIFECYCLE = frozenset({
    "abandoned", "construction", "demolished", "destroyed", "disused", "planned", "proposed", "razed", "removed", "was",
})  # fmt: skip
"""Prefixes of such a key, for what a feature was or will be (`demolished:building`)."""
PROPERTY_KEYS = frozenset({
    "access", "addr", "alt_name", "area", "backrest", "bicycle", "brand", "bridge", "building", "bus", "capacity",
    "charge", "check_date", "circumference", "colour", "condition", "construction", "contact", "covered", "crop",
    "crossing", "cuisine", "cutting", "cycleway", "denomination", "depth", "description", "destination",
    "diameter_crown", "diameter", "direction", "disused", "drinking_water", "ele", "electrified", "embankment",
    "email", "entrance", "fax", "fee", "fence_type", "flood_prone", "foot", "footway", "ford", "frequency", "fuel",
    "generator", "genus", "height", "horse", "hot_tub", "image", "incline", "int_name", "intermittent",
    "internet_access", "is_in", "isced", "lanes", "layer", "leaf_cycle", "leaf_type", "level", "lit", "loc_name",
    "location", "maxheight", "maxspeed", "maxweight", "maxwidth", "material", "mapillary", "min_height",
    "motor_vehicle", "motorcycle", "motorcar", "mtb", "name", "nat_name", "network", "note", "official_name",
    "old_name", "oneway", "opening_hours", "operator", "orchard", "outdoor_seating", "parking", "phone", "pipeline",
    "plant", "population", "postal_code", "produce", "psv", "ref", "reg_name", "religion", "residential", "roof",
    "rooms", "sac_scale", "salt", "seasonal", "segregated", "service", "short_name", "shelter_type", "sidewalk",
    "smoothness", "source", "species", "sport", "start_date", "step_count", "structure", "supervised", "surface",
    "takeaway", "taxon", "tidal", "toilets", "tower", "tracktype", "trail_visibility", "trees", "tunnel", "turn",
    "units", "url", "usage", "vehicle", "voltage", "volume", "wall", "water_source", "website", "wheelchair",
    "width", "wikidata", "wikipedia", "wood",
})  # fmt: skip


def is_feature_key(key: str) -> bool:
    """Returns whether the key defines what a feature is, also as a past or planned one."""
    before, _, rest = key.partition(":")
    return key in FEATURE_KEYS or (before in LIFECYCLE and rest in FEATURE_KEYS)


def is_known_key(key: str) -> bool:
    return is_feature_key(key) or key.partition(":")[0] in PROPERTY_KEYS | FEATURE_KEYS
