"""Wind speeds of tropical cyclones by return period, for today's climate and four models of the future."""

from itertools import product

from extracts.processors import CC0, Expected, FileProcessor, Metadata, zenodo

MODELS = ("constant", "CMCC-CM2-VHR4", "CNRM-CM6-1-HR", "EC-Earth3P-HR", "HadGEM3-GC31-HM")
YEARS = (*range(10, 100, 10), *range(100, 1000, 100), *range(1000, 10_001, 1000))

METADATA = Metadata(
    description="Maximum wind speeds of tropical cyclones at fixed return periods, global mosaics",
    dataset_name="STORM",
    author="University of Oxford",
    license=CC0,
    origin_url="https://doi.org/10.5281/zenodo.7438145",
    title="STORM tropical cyclone wind speed maps",
    title_long="STORM tropical cyclone wind speed maps: global mosaics of fixed return periods",
    summary="""Ten-minute maximum sustained wind speed at ten metres above the ground, in metres a second, that is
reached once in the return period of the file. `constant` is the climate of 1980 to 2017, the other models are of
2015 to 2050 under SSP5-8.5.

The maps join the basins of the STORM data sets of synthetic cyclone tracks, with the highest value where basins
overlap.""",
    citation="Derived from Bloemendaal, N. et al. (2020) doi 10.4121/12705164.v3 and (2022) doi "
    "10.4121/14510817.v3. Russell, T. (2022). STORM tropical cyclone wind speed maps. doi 10.5281/zenodo.7438145",
)
NAMES = sorted(f"STORM_FIXED_RETURN_PERIODS_{model}_{years}_YR_RP.tif" for model, years in product(MODELS, YEARS))
PROCESSOR = FileProcessor(several=True, sources=zenodo(7438145, NAMES, "raster", Expected(crs="EPSG:4326")))
