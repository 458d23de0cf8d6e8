"""Depths of river and coastal floods by return period, with subsidence, without the percentiles of sea-level rise."""

from itertools import product

from extracts.processors import CC_BY, Expected, FileProcessor, Metadata, Source

FOLDER = "http://wri-projects.s3.amazonaws.com/AqueductFloodTool/download/v2"
CLIMATE_MODELS = ("00000NorESM1-M", "0000GFDL-ESM2M", "0000HadGEM2-ES", "00IPSL-CM5A-LR", "MIROC-ESM-CHEM")
FUTURES = list(product(("rcp4p5", "rcp8p5"), CLIMATE_MODELS, (2030, 2050, 2080)))
RIVER_RUNS = [("historical", "000000000WATCH", 1980), *FUTURES]
COAST_RUNS = [("historical", "hist"), *product(("historical", "rcp4p5", "rcp8p5"), (2030, 2050, 2080))]
RIVER_YEARS = (2, 5, 10, 25, 50, 100, 250, 500, 1000)
COAST_YEARS = ("0001_5", *(f"{years:04}_0" for years in RIVER_YEARS))

METADATA = Metadata(
    description="Depth of river and coastal floods at fixed return periods, today and around 2030, 2050 and 2080",
    dataset_name="WRI Aqueduct",
    author="Ward, Winsemius, Kuzma, Bierkens, Bouwman, de Moel, Díaz Loaiza et al.",
    license=CC_BY,
    origin_url=f"{FOLDER}/index.html",
    title="Aqueduct Flood Hazard Maps",
    title_long="Aqueduct Floods: hazard maps of inundation depth, version 2",
    summary="""Depth of inundation in metres on a grid of 30 seconds of arc, for return periods from 1.5 to 1000
years. River floods (`inunriver`) come from five climate models, coastal floods (`inuncoast`) include subsidence.
Both are given for a baseline and for two emission scenarios. The maps do not know dikes and other protection.""",
    citation="Ward, P. J., Winsemius, H. C., Kuzma, S., Bierkens, M. F. P., Bouwman, A., de Moel, H., Díaz "
    "Loaiza, A. et al. (2020). Aqueduct Floods Methodology. World Resources Institute, Washington DC. "
    "www.wri.org/publication/aqueduct-floods",
)
RIVER = [
    f"inunriver_{s}_{model}_{year}_rp{years:05}.tif" for (s, model, year), years in product(RIVER_RUNS, RIVER_YEARS)
]
COAST = [f"inuncoast_{s}_wtsub_{year}_rp{years}.tif" for (s, year), years in product(COAST_RUNS, COAST_YEARS)]
CHECKS = Expected(crs="EPSG:4326", compressed=True)
PROCESSOR = FileProcessor(
    several=True,
    sources=tuple(Source(name, "raster", f"{FOLDER}/{name}", CHECKS, ranges=True) for name in sorted(COAST + RIVER)),
)
