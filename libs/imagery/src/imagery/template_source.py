"""Tile templates from the addresses that users give."""

from urllib.parse import urljoin

from contracts.imagery import BadTemplate, Template, is_tilejson
from kit.http.outbound import JSON, Outbound


async def resolve_template(address: str, outbound: Outbound, zoom: int | None = None) -> Template:
    """Returns the template of an address, which is a tile template itself or leads to a TileJSON document.

    The zooms of a TileJSON are ignored, as many servers have tiles beyond them.
    Raises BadTemplate for an invalid template, or one that excludes `zoom`; OutboundError when the TileJSON cannot be
    fetched or the tile server's address is not allowed.
    """
    template = await _tilejson(address.strip(), outbound) if is_tilejson(address) else Template.of(address)
    if zoom is not None:
        template.check_zoom(zoom)
    await outbound.resolve(template.url((0, 0, 0)))
    return template


async def _tilejson(address: str, outbound: Outbound) -> Template:
    answer = await outbound.get(address, JSON)
    about = answer.json()
    tiles = about.get("tiles") if isinstance(about, dict) else None
    if not isinstance(tiles, list) or not tiles or not isinstance(tiles[0], str):
        raise BadTemplate("The TileJSON at this address names no tiles.")
    return Template.of(urljoin(answer.url, tiles[0]), tms=about.get("scheme") == "tms")
