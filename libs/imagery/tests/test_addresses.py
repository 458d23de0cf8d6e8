"""Addresses of imagery as JOSM, HOT's Tasking Manager, iD, Leaflet, QGIS and browsers write them."""

import pytest
from morecantile import Tile

from contracts.imagery import BadTemplate, Template, checked_address, first_url, is_tilejson

TILE = Tile(5, 2, 4)
READ = [
    ("https://t.example/{z}/{x}/{y}.png", "https://t.example/4/5/2.png"),
    ("https://t.example/{zoom}/{x}/{-y}.png", "https://t.example/4/5/13.png"),
    ("https://t.example/{z}/{x}/{ty}.png", "https://t.example/4/5/13.png"),
    ("https://{s}.t.example/{z}/{x}/{y}", "https://b.t.example/4/5/2"),
    ("https://{switch:p,q,r,t}.t.example/{z}/{x}/{y}", "https://t.t.example/4/5/2"),
    ("tms:https://t.example/{z}/{x}/{y}", "https://t.example/4/5/2"),
    ("tms[21]:https://t.example/{zoom}/{x}/{y}", "https://t.example/4/5/2"),
    ("TMS[2,21]:https://{switch:k,l}.t.example/{zoom}/{x}/{y}", "https://l.t.example/4/5/2"),
    ("  https://t.example/{z}/{x}/{y}?a=b \n", "https://t.example/4/5/2?a=b"),
    ("https://t.example/%7Bz%7D/%7bx%7d/%7By%7D", "https://t.example/4/5/2"),
    ("https://%7Bswitch%3Am,n%7D.t.example/%7Bzoom%7D/%7Bx%7D/%7B-y%7D", "https://n.t.example/4/5/13"),
    ("https://t.example/{z}/{x}/{y}?style=%7B%22a%22%3A1%7D", "https://t.example/4/5/2?style=%7B%22a%22%3A1%7D"),
    ("https://ecn.t0.tiles.example/tiles/a{quadkey}.jpeg?g=1", "https://ecn.t0.tiles.example/tiles/a0121.jpeg?g=1"),
    ("https://t.example/{q}", "https://t.example/0121"),
    ("https://o.example/5b3c/0/5b3d/{z}/{x}/{y}@1x?url=https%3A%2F%2Fb.example%2Fa.tif",
     "https://o.example/5b3c/0/5b3d/4/5/2@1x?url=https%3A%2F%2Fb.example%2Fa.tif"),
]  # fmt: skip
REFUSED = [
    ("https://t.example/", "needs the placeholders"),
    ("https://t.example/${z}/${x}/${y}", r"without the \$"),
    ("https://t.example/%24%7Bz%7D/$%7Bx%7D/${y}", r"without the \$"),
    ("https://t.example/{z}/{x}/{y}/{apikey}", "Unknown placeholder {apikey}"),
    ("https://t.example/{z}/{x}/{y}/{switch:}", "Unknown placeholder {switch:}"),
    ("https://t.example/{z}/{x}/{y}/{", "other half"),
    ("wms:https://t.example/?bbox={bbox}&width={width}", "not as wms"),
    ("ftp://t.example/{z}/{x}/{y}", "begins with https"),
    ("t.example/{z}/{x}/{y}", "begins with https"),
    ("{switch:file:///etc,b}/{z}/{x}/{y}", "begins with https"),
]


@pytest.mark.parametrize(("text", "url"), READ)
def test_spelling_is_read(text, url):
    assert Template.of(text).url(TILE) == url
    assert checked_address(text) == text.strip()


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_cannot_be_read_is_refused_with_words(text, words):
    with pytest.raises(BadTemplate, match=words):
        checked_address(text)


@pytest.mark.parametrize("text", ["https://o.example/a/tilejson.json", " https://m.example/v4/sat.json?access_token=k"])
def test_tilejson_is_an_address_too(text):
    assert is_tilejson(text)
    assert first_url(text, 19) == checked_address(text) == text.strip()


@pytest.mark.parametrize(
    "text", ["https://t.example/{z}/{x}/{y}.json", "https://t.example/%7Bz%7D/%7Bx%7D/%7By%7D.json"]
)
def test_a_template_is_no_tilejson(text):
    assert not is_tilejson(text)


def test_zooms_that_the_address_names_are_kept():
    text = "tms[10,19]:https://t.example/{zoom}/{x}/{y}"
    assert first_url(text, 19) == "https://t.example/0/0/0"
    for zoom in (9, 20):
        with pytest.raises(BadTemplate, match=f"zooms 10 to 19; you asked for zoom {zoom}"):
            first_url(text, zoom)


def test_other_programs_get_the_spelling_that_they_know():
    assert (
        Template.of("tms[19]:https://{switch:k,l}.t.example/{zoom}/{x}/{y}").plain == "https://k.t.example/{z}/{x}/{y}"
    )
    assert Template.of("https://{s}.t.example/{z}/{x}/{y}", tms=True).plain == "https://a.t.example/{z}/{x}/{-y}"
