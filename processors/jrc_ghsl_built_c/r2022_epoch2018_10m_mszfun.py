"""Settlement zones of the Global Human Settlement Layer: their morphology (MSZ) and their function (FUN)."""

from extracts.processors import CC_BY, Expected, FileProcessor, Metadata, RasterFormat, Source, Steps

FOLDER = "https://jeodpp.jrc.ec.europa.eu/ftp/jrc-opendata/GHSL/GHS_BUILT_C_GLOBE_R2022A"
SHA1 = {"FUN": "344f6d54e3253b3c0a3370e7dbe8da328586ec79", "MSZ": "5bdc5a6036f72d119745c02b940cbbadbb881d66"}

METADATA = Metadata(
    description="Morphological settlement zone and functional classification of built-up areas, 10 m, epoch 2018",
    dataset_name="JRC GHSL Built-C",
    author="Pesaresi, Martino; Panagiotis, Politis",
    license=CC_BY,
    origin_url="https://ghsl.jrc.ec.europa.eu/download.php?ds=builtC",
    title="GHS-BUILT-C MSZ and FC, R2022 E2018 10m",
    title_long="GHS-BUILT-C: settlement characteristics, morphology and function, R2022A, epoch 2018, 10 m",
    summary="""Two rasters of classes. MSZ divides settlements into open spaces by their vegetation and built spaces
by the height of buildings, residential or not. FUN says whether built-up area is residential. Both are in
Mollweide's equal-area projection and were derived from Sentinel-2 images and other layers of the Global Human
Settlement Layer.""",
    citation="Pesaresi, M., Panagiotis, P. (2022). GHS-BUILT-C R2022A. European Commission, Joint Research "
    "Centre. doi 10.2905/DDE11594-2A66-4C1B-9A19-821382AED36E",
)


def source(kind: str) -> Source:
    name = f"GHS_BUILT_C_{kind}_E2018_GLOBE_R2022A_54009_10"
    url = f"{FOLDER}/GHS_BUILT_C_{kind}_GLOBE_R2022A/{name}/V1-0/{name}_V1_0.zip"
    return Source(f"{name}_V1_0.tif", "raster", url, Expected(crs="ESRI:54009"), Expected(sha1=SHA1[kind]))


PROCESSOR = FileProcessor(
    several=True,
    sources=(source("FUN"), source("MSZ")),
    raster=RasterFormat(compress="deflate", bigtiff=True),
    steps=Steps(cropping=(20, 80), hashing=80),
)
