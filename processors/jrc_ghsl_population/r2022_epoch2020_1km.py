"""Residents in each square kilometre, from the Global Human Settlement Layer."""

from extracts.processors import CC_BY, Expected, FileProcessor, Metadata, Source, Steps

NAME = "GHS_POP_E2020_GLOBE_R2022A_54009_1000"
FOLDER = "https://jeodpp.jrc.ec.europa.eu/ftp/jrc-opendata/GHSL/GHS_POP_GLOBE_R2022A"

METADATA = Metadata(
    description="Number of residents in each cell of 1 km, epoch 2020",
    dataset_name="JRC GHSL Population",
    author="Schiavina, Marcello; Freire, Sergio; MacManus, Kytt",
    license=CC_BY,
    origin_url="https://ghsl.jrc.ec.europa.eu/download.php?ds=pop",
    title="GHS-POP R2022A",
    title_long="GHS-POP: population grid, R2022A, epoch 2020, 1 km",
    summary="""Residential population as the number of people in each cell, in Mollweide's equal-area projection.
Counts of censuses and administrative units were spread over the cells by how much of each is built up according to
the Global Human Settlement Layer.""",
    citation="Schiavina, M., Freire, S., MacManus, K. (2022). GHS-POP R2022A. European Commission, Joint Research"
    " Centre. doi 10.2905/D6D86A90-4351-4508-99C1-CB074B022C4A",
)
PROCESSOR = FileProcessor(
    sources=(
        Source(
            f"{NAME}_V1_0.tif",
            "raster",
            f"{FOLDER}/{NAME}/V1-0/{NAME}_V1_0.zip",
            Expected(crs="ESRI:54009"),
            Expected(),
        ),
    ),
    steps=Steps(cropping=(50, 70), moving=70, documentation=((80, "generate documentation & datapackage"),)),
)
