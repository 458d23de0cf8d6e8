"""Roads and railways of OpenStreetMap with attributes for the assessment of risks, cut to the outline."""

import pyarrow as pa

from extracts.processors import ODBL, Metadata, RowsProcessor, Source, Steps, VectorFormat

METADATA = Metadata(
    description="Roads (trunk to tertiary) and railways from OpenStreetMap, with condition and rehabilitation costs",
    dataset_name="Global Resilience Index: OpenStreetMap roads and rail",
    author="nismod/open-gira contributors and OpenStreetMap contributors",
    license=ODBL,
    origin_url="https://global.infrastructureresilience.org",
    title="OpenStreetMap roads and rail",
    title_long="Road and Rail networks derived from OpenStreetMap (snapshot November 2022)",
    summary="""Lines of roads from trunk to tertiary class and of railways, extracted from OpenStreetMap and
simplified into a network. Each has its asset type; roads also have surface, material, number of lanes and the cost
of rehabilitation by kilometre, which were estimated where OpenStreetMap does not say them.

Lines are cut at the outline; the column `wkt` has the whole geometry.""",
    citation="© OpenStreetMap contributors, openstreetmap.org/copyright. Processed with open-gira, "
    "github.com/nismod/open-gira",
)
COLUMNS = {
    "asset_id": pa.float64(), "osm_way_id": pa.string(), "asset_type": pa.string(), "paved": pa.bool_(),
    "material": pa.string(), "lanes": pa.int64(), "_asset_type": pa.string(), "rehab_cost_USD_per_km": pa.float64(),
    "sector": pa.string(), "subsector": pa.string(), "tag_bridge": pa.string(), "bridge": pa.bool_(),
    "wkt": pa.string(),
}  # fmt: skip
PROCESSOR = RowsProcessor(
    sources=(Source("features.csv", "pg_table"),),
    schema=pa.schema(list(COLUMNS.items())),
    vector=VectorFormat(mode="clip", kinds={"LineString"}),
    steps=Steps(fetching=None, cropping=(10, 90), moving=90),
    crop_key="crop completed",
)
