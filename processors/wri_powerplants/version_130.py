"""Power plants of the world as points, with fuel, capacity and generation."""

import pyarrow as pa

from extracts.processors import CC_BY, Expected, Metadata, PointsProcessor, Source, Steps

METADATA = Metadata(
    description="Global Power Plant Database 1.3.0: location, fuel, capacity and generation of power plants",
    dataset_name="WRI Power Plants",
    author="World Resources Institute",
    license=CC_BY,
    origin_url="https://datasets.wri.org/dataset/globalpowerplantdatabase",
    title="WRI Global Power Plant Database",
    title_long="Global Power Plant Database, version 1.3.0",
    summary="""About 35,000 power plants of 167 countries: thermal plants and renewables, each with its position,
owner, fuels and capacity, with reported generation where it is known and an estimate where it is not. Small plants
are incomplete in many countries.""",
    citation="Global Energy Observatory, Google, KTH Royal Institute of Technology in Stockholm, Enipedia, World "
    "Resources Institute (2018). Global Power Plant Database. Published on Resource Watch and Google Earth "
    "Engine.",
)
NUMBERS = (
    "capacity_mw",
    "latitude",
    "longitude",
    "commissioning_year",
    "year_of_capacity_data",
    *(f"generation_gwh_{year}" for year in range(2013, 2020)),
    *(f"estimated_generation_gwh_{year}" for year in range(2013, 2018)),
)
URL = "https://wri-dataportal-prod.s3.amazonaws.com/manual/global_power_plant_database_v_1_3.zip"
ZIP = Expected(sha1="083f11452efc1ed0e8fb1494f0ce49e5c37718e2")
PROCESSOR = PointsProcessor(
    sources=(Source("global_power_plant_database.csv", "table", URL, packed=ZIP),),
    longitude="longitude",
    latitude="latitude",
    types={name: pa.float64() for name in NUMBERS},
    steps=Steps(cropping=(50, 50), moving=50, documentation=((80, "generate documentation & datapackage"),)),
    crop_key="crop completed",
)
