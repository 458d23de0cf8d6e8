"""Roads for maps of 1:10 million, cut to the outline."""

from extracts.processors import NATURAL_EARTH, Expected, FileProcessor, Metadata, Source, Steps, VectorFormat

METADATA = Metadata(
    description="Natural Earth roads, 1:10 million",
    dataset_name="Natural Earth Roads",
    author="Natural Earth",
    license=NATURAL_EARTH,
    origin_url="https://www.naturalearthdata.com/downloads/10m-cultural-vectors/roads/",
    title="Natural Earth roads",
    title_long="Natural Earth roads, 1:10 million",
    summary="""Major roads and ferry routes as lines, generalised for small scales, with type, name, length and rank.
The network is most complete in North America; elsewhere it has the main connections only.""",
    citation="Made with Natural Earth. Free vector and raster map data, naturalearthdata.com",
)
URL = "https://naciscdn.org/naturalearth/10m/cultural/ne_10m_roads.zip"
PROCESSOR = FileProcessor(
    sources=(Source("ne_10m_roads.zip", "archive", URL, Expected(crs="EPSG:4326")),),
    vector=VectorFormat(mode="clip", kinds={"LineString"}, layer="ne_10m_roads_{boundary}"),
    steps=Steps(cropping=(20, 50), moving=50, documentation=((80, "generate documentation & datapackage"),)),
    crop_key="crop completed",
)
