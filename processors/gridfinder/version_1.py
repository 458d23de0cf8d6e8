"""Lines of the electricity grid, their targets and low-voltage infrastructure, predicted from open data."""

from extracts.processors import CC_BY, Expected, FileProcessor, Metadata, zenodo

METADATA = Metadata(
    description="Predicted electricity grid: lines, electrification targets and low-voltage infrastructure",
    dataset_name="Gridfinder",
    author="Arderne, Christopher; Nicolas, Claire; Zorn, Conrad; Koks, Elco E.",
    license=CC_BY,
    origin_url="https://doi.org/10.5281/zenodo.3628142",
    title="Gridfinder",
    title_long="Gridfinder: predictive mapping of the global power system using open data",
    summary="""Three layers of one model. `grid` has vectors of predicted distribution and transmission lines, which
say whether they come from the model or from OpenStreetMap. `targets` marks cells that are expected to have
electricity, from lights at night. `lv` has the predicted length of low-voltage lines in each cell, in kilometres.

The model connects the targets along roads and other likely ways. It is no survey: single lines can be wrong.""",
    citation="Arderne, C., Nicolas, C., Zorn, C., Koks, E. E. (2020). Predictive mapping of the global power "
    "system using open data. Scientific Data 7, 19. doi 10.1038/s41597-019-0347-4",
)
RECORD, DEGREES, MOLLWEIDE = 3628142, Expected(crs="EPSG:4326"), Expected(crs="ESRI:54009")
PROCESSOR = FileProcessor(
    several=True,
    sources=(
        *zenodo(RECORD, ["grid.gpkg"], "vector", DEGREES),
        *zenodo(RECORD, ["targets.tif"], "raster", DEGREES),
        *zenodo(RECORD, ["lv.tif"], "raster", MOLLWEIDE),
    ),
)
