import math

import pytest
import shapely
from morecantile import Tile, tms

from geo import antimeridian
from imagery import BadTemplate, Template, TooManyTiles, chip_name, intersecting, tile_of

GRID = tms.get("WebMercatorQuad")


def block(x0: int, y0: int, x1: int, y1: int, zoom: int = 19) -> shapely.Polygon:
    first, last = GRID.bounds(x0, y0, zoom), GRID.bounds(x1, y1, zoom)
    return shapely.box(first.left, last.bottom, last.right, first.top)


@pytest.mark.parametrize("decimals", [15, 7])
def test_area_along_tile_borders_gives_exactly_these_tiles(decimals):
    area = shapely.set_precision(block(386690, 220241, 386693, 220248), 10**-decimals)
    tiles = intersecting(area, 19, 100)
    assert [tiles[0], tiles[-1], len(tiles)] == [Tile(386690, 220241, 19), Tile(386693, 220248, 19), 32]


@pytest.mark.spec("18.6", "tiles wholly inside")
def test_partly_covered_tiles_belong_to_the_area():
    assert len(intersecting(block(386690, 220241, 386692, 220243).buffer(-1e-4), 19, 100)) == 9


@pytest.mark.spec("18.6", "no whole tile fails")
def test_area_smaller_than_a_tile_has_that_tile():
    area = block(386690, 220241, 386690, 220241).buffer(-1e-4)
    assert intersecting(area, 19, 100) == [Tile(386690, 220241, 19)]


@pytest.mark.parametrize("zoom", [14, 17, 20])
def test_agrees_with_the_grid_of_the_library(zoom):
    area = shapely.Polygon([(85.51, 27.62), (85.516, 27.63), (85.513, 27.634)])
    boxes = {tile: shapely.box(*GRID.bounds(tile)) for tile in GRID.tiles(*area.bounds, zooms=zoom)}
    slack = 360 / 2**zoom * 2e-3
    sure = {tile for tile, box in boxes.items() if box.buffer(-slack).intersects(area)}
    assert sure <= set(intersecting(area, zoom, 100_000)) <= {t for t, box in boxes.items() if box.intersects(area)}


def test_a_country_at_full_zoom_is_refused_quickly():
    with pytest.raises(TooManyTiles, match="2,000 tiles at zoom 22"):
        intersecting(shapely.box(80, 26, 88, 30), 22, 2000)


def test_names_go_both_ways():
    assert tile_of(chip_name(Tile(3, 4, 19))) == Tile(3, 4, 19)
    assert tile_of("labels.geojson") is None


def test_tms_counts_rows_from_the_south():
    assert Template.of("https://t.example/{z}/{x}/{y}", tms=True).url(Tile(1, 2, 3)).endswith("/3/1/5")


@pytest.mark.parametrize("text", ["https://t.example/{z}/{x}", "https://{x.__class__}/{x}{y}{z}"])
def test_bad_templates_are_refused(text):
    with pytest.raises(BadTemplate):
        Template.of(text)


@pytest.mark.parametrize("zoom", [18, 19, 20])
def test_an_area_beside_a_border_of_large_tiles_has_its_tiles(zoom: int):
    """Greenwich, and the equator in Uganda: what is left out at a border is a share of a tile of this zoom."""
    for area in (shapely.box(-0.01, 51.47, 0.01, 51.48), shapely.box(32.4, 0.001, 32.41, 0.01)):
        box, size = area.bounds, 360 / 2**zoom
        columns = math.floor((box[2] + 180) / size) - math.floor((box[0] + 180) / size) + 1
        found = intersecting(area, zoom, 100_000)
        assert len({tile.x for tile in found}) == columns
        assert len(found) % columns == 0


def test_an_area_over_the_antimeridian_has_tiles_of_both_sides():
    found = {tile.x for tile in intersecting(antimeridian.box(179.999, -16.8, -179.999, -16.798), 19, 100)}
    assert found == {0, 1, 2**19 - 2, 2**19 - 1}
