"""Shaded relief with colours of land cover and ocean, made for maps of 1:50 million."""

from extracts.processors import NATURAL_EARTH, Expected, FileProcessor, Metadata, Source, Steps

METADATA = Metadata(
    description="Natural Earth II with shaded relief, 1:50 million",
    dataset_name="Natural Earth Raster",
    author="Natural Earth",
    license=NATURAL_EARTH,
    origin_url="https://www.naturalearthdata.com/downloads/50m-raster-data/50m-natural-earth-2/",
    title="Natural Earth II, shaded relief",
    title_long="Natural Earth II with shaded relief, 1:50 million",
    summary="""A picture for the background of maps: natural land cover in soft colours, with shaded relief. It shows
the world as it would be without people and has no data to compute with.""",
    citation="Made with Natural Earth. Free vector and raster map data, naturalearthdata.com",
)
URL = "https://naciscdn.org/naturalearth/50m/raster/NE2_50M_SR.zip"
STEPS = Steps(
    cropping=(50, 80), moving=80, documentation=((90, "generate datapackage"), (100, "generate documentation"))
)
PROCESSOR = FileProcessor(
    sources=(Source("NE2_50M_SR/NE2_50M_SR.tif", "raster", URL, Expected(crs="EPSG:4326"), Expected()),),
    steps=STEPS,
    crop_key="crop success",
)
