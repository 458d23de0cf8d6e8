"""Annual probability of drought and extreme heat, of 35 pairs of impact and climate models."""

from itertools import product

from extracts.processors import CC0, Expected, FileProcessor, Metadata, zenodo

DROUGHT = ("clm45", "h08", "jules-w1", "lpjml", "mpi-hm", "orchidee", "pcr-globwb", "watergap2")
HEAT = "hwmid-humidex"
CLIMATE_MODELS = ("gfdl-esm2m", "hadgem2-es", "ipsl-cm5a-lr", "miroc5")
NOT_MADE = ("mpi-hm", "hadgem2-es")
RUNS = (("historical", "1861_2005", "baseline"), *product(("rcp26", "rcp60"), ("2006_2099",), (2030, 2050, 2080)))
SOCIETY = {HEAT: "nosoc", "jules-w1": "nosoc", "orchidee": "nosoc", "clm45": "2005soc"}

METADATA = Metadata(
    description="Annual probability of drought (soil moisture below the 2.5th percentile) or extreme heat",
    dataset_name="ISIMP Drought and Extreme Heat",
    author="Lange, Volkholz, Geiger, Zhao, Vega, Veldkamp et al.",
    license=CC0,
    origin_url="https://doi.org/10.5281/zenodo.7732393",
    title="ISIMP Drought",
    title_long="ISIMP Drought: annual probability of extreme heat and drought",
    summary="""Probability, from 0 to 1, that an event of drought or of extreme heat happens in a year, on a grid of
half a degree. It was derived from time series of the Inter-Sectoral Impact Model Intercomparison Project, for a
historical baseline and for two emission scenarios around 2030, 2050 and 2080. Each file is of one impact model
driven by one climate model.""",
    citation="Lange, S., Volkholz, J., Geiger, T. et al. (2020). Projecting Exposure to Extreme Climate Impact "
    "Events Across Six Event Categories and Three Spatial Scales. Earth's Future 8, e2020EF001616. doi "
    "10.1029/2020EF001616",
)


def file_name(model: str, climate_model: str, scenario: str, years: str, epoch: object) -> str:
    society = SOCIETY.get(model, "histsoc" if scenario == "historical" else "2005soc")
    event = "leh" if model == HEAT else "led"
    run = f"{model}_{climate_model}_ewembi_{scenario}_{society}_co2_{event}"
    return f"lange2020_{run}_global_annual_{years}_{epoch}_occurrence.tif"


PAIRS = [pair for pair in product((*DROUGHT, HEAT), CLIMATE_MODELS) if pair != NOT_MADE]
NAMES = sorted(file_name(*pair, *run) for pair, run in product(PAIRS, RUNS))
ARCHIVE = "lange2020_expected_occurrence.zip"
PROCESSOR = FileProcessor(several=True, sources=zenodo(7732393, NAMES, "raster", Expected(crs="EPSG:4326"), ARCHIVE))
