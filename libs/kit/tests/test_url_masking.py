"""Keys in addresses of imagery are hidden; addresses without any stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.http.url_masking import masked

KEY = "k3y-0f-the-0wner"
HIDDEN = {
    f"https://t.example/{{z}}/{{x}}/{{y}}.png?access_token={KEY}": "https://t.example/{z}/{x}/{y}.png?access_token=***",
    f"https://t.example/{{z}}/{{x}}/{{y}}?format=png&subscription-key={KEY}": (
        "https://t.example/{z}/{x}/{y}?format=png&subscription-key=***"
    ),
    f"https://ann:{KEY}@t.example:8443/{{z}}/{{x}}/{{y}}": "https://***@t.example:8443/{z}/{x}/{y}",
    f"https://t.example/token/{KEY}/{{z}}/{{x}}/{{y}}": "https://t.example/token/***/{z}/{x}/{y}",
    f"https://wxs.ign.fr/{KEY}/wmts?LAYER=ortho&TileCol={{x}}": "https://wxs.ign.fr/***/wmts?LAYER=ortho&TileCol={x}",
    f"https://t.example/tiles;jsessionid={KEY}/{{z}}/{{x}}/{{y}}": "https://t.example/tiles;jsessionid=***/{z}/{x}/{y}",
    f"https://t.example/{{z}}/{{x}}/{{y}}#{KEY}": "https://t.example/{z}/{x}/{y}#***",
    f"https://titiler.example/{{z}}/{{x}}/{{y}}?url=https%3A%2F%2Fb.example%2Fa.tif%3Fsig%3D{KEY}": (
        "https://titiler.example/{z}/{x}/{y}?url=https://b.example/a.tif?sig=***"
    ),
    "https://t.example/pk.eyJhbGciOiJIUzI1/{z}/{x}/{y}": "https://t.example/***/{z}/{x}/{y}",
}  # fmt: skip
PLAIN = (
    "https://tiles.openaerialmap.org/5a926f5a2553e6000ce5ad3c/0/5a926f5a2553e6000ce5ad3d/{z}/{x}/{y}",
    "https://{switch:a,b,c}.tile.example/{zoom}/{x}/{-y}.jpg",
    "https://wms.example/?SERVICE=WMS&REQUEST=GetMap&LAYERS=a,b&BBOX={bbox}&WIDTH=256&CRS=EPSG:3857",
    "https://t.example/?col={x}&row={y}&lvl={z}",
    "https://titiler.example/{z}/{x}/{y}?url=https%3A%2F%2Fb.example%2Fa.tif&bidx=1&rescale=0,255",
    "https://ecn.t3.tiles.example/tiles/a{q}.jpeg",
    "",
)


@pytest.mark.parametrize(("address", "shown"), HIDDEN.items())
def test_keys_are_hidden(address: str, shown: str):
    assert masked(address) == shown


@pytest.mark.parametrize("address", PLAIN)
def test_addresses_without_keys_stay(address: str):
    assert masked(address) == address


@given(st.from_regex(r"[A-Za-z_-]{1,20}", fullmatch=True), st.from_regex(r"[a-z0-9]{12,40}", fullmatch=True))
def test_no_value_of_an_unknown_parameter_is_shown(name: str, key: str):
    shown = masked(f"https://t.example/{{z}}/{{x}}/{{y}}?not-{name}={key}")
    assert key not in shown
    assert masked(shown) == shown
