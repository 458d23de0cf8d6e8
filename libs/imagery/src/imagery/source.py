from urllib.parse import urlsplit

from morecantile import Tile

from imagery.template import BadTemplate, Template
from kit.outbound import JSON, Outbound


def is_tilejson(address: str) -> bool:
    return urlsplit(address).path.endswith("tilejson.json")


async def source_of(address: str, outbound: Outbound) -> Template:
    """The template of an address: of a tile template itself, or of the TileJSON that the address leads to.

    BadTemplate, or OutboundError when the TileJSON cannot be had or the tiles lie where nobody may ask.
    """
    template = await _tilejson(address, outbound) if is_tilejson(address) else Template.of(address)
    await outbound.resolve(template.url(Tile(0, 0, 0)))
    return template


async def _tilejson(address: str, outbound: Outbound) -> Template:
    about = (await outbound.get(address, JSON)).json()
    tiles = about.get("tiles") if isinstance(about, dict) else None
    if not isinstance(tiles, list) or not tiles or not isinstance(tiles[0], str):
        raise BadTemplate("The TileJSON at this address names no tiles.")
    return Template.of(tiles[0], tms=about.get("scheme") == "tms")
