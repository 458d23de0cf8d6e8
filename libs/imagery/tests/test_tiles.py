import pytest
import shapely

from imagery import BadTemplate, Template, TooManyTiles, chip_name, intersecting, tile_of, within
from imagery.tiles import GRID, Tile


def block(x0: int, y0: int, x1: int, y1: int, zoom: int = 19) -> shapely.Polygon:
    first, last = GRID.bounds(x0, y0, zoom), GRID.bounds(x1, y1, zoom)
    return shapely.box(first.left, last.bottom, last.right, first.top)


@pytest.mark.parametrize("choose", [intersecting, within])
@pytest.mark.parametrize("decimals", [15, 7])
def test_area_along_tile_borders_gives_exactly_these_tiles(choose, decimals):
    area = shapely.set_precision(block(386690, 220241, 386693, 220248), 10**-decimals)
    tiles = choose(area, 19, 100)
    assert [tiles[0], tiles[-1], len(tiles)] == [Tile(386690, 220241, 19), Tile(386693, 220248, 19), 32]


@pytest.mark.spec("18.6", "tiles wholly inside")
def test_partly_covered_tiles_belong_to_datasets_not_to_predictions():
    area = block(386690, 220241, 386692, 220243).buffer(-1e-4)
    assert len(intersecting(area, 19, 100)) == 9
    assert within(area, 19, 100) == [Tile(386691, 220242, 19)]


@pytest.mark.spec("18.6", "no whole tile fails")
def test_area_smaller_than_a_tile_covers_none():
    assert within(block(386690, 220241, 386690, 220241).buffer(-1e-5), 19, 100) == []


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


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://t.example/{z}/{x}/{y}.png", "https://t.example/3/1/2.png"),
        ("https://t.example/{z}/{x}/{-y}.png", "https://t.example/3/1/5.png"),
        ("https://{s}.t.example/{z}/{x}/{y}", "https://a.t.example/3/1/2"),
    ],
)
def test_template_fills_its_placeholders(text, url):
    assert Template.of(text).url(Tile(1, 2, 3)) == url


def test_tms_counts_rows_from_the_south():
    assert Template.of("https://t.example/{z}/{x}/{y}", tms=True).url(Tile(1, 2, 3)).endswith("/3/1/5")


BAD = [
    "https://t.example/",
    "https://t.example/{z}/{x}",
    "https://{x.__class__}/{x}{y}{z}",
    "https://t.example/{x}/{y}/{z}/{key}",
    "https://t.example/{x}/{y}/{z}/{",
]


@pytest.mark.parametrize("text", BAD)
def test_bad_templates_are_refused(text):
    with pytest.raises(BadTemplate):
        Template.of(text)
