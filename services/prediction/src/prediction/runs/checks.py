"""Is a submission sound? Answered before anything is written; the field at fault is named."""

import asyncio
from typing import TypeVar

from contracts.catalog.models import ModelFacts
from contracts.prediction import ChangePrediction, SubmitPrediction
from kit.errors import Invalid
from kit.geometry import InvalidGeometry
from kit.outbound import Outbound, OutboundError
from prediction.known.domain import problems
from prediction.runs.usecases import Wish

ZOOMS = range(14, 23)
RESOLVE_LIMIT = 4.0
LONGEST = {"model_stac_id": 64, "image_uri": 2000, "description": 10_000, "mapswipe_project_id": 200}
C = TypeVar("C", SubmitPrediction, ChangePrediction)


class Checks:
    """`max_tiles`: the most that one prediction may use."""

    def __init__(self, outbound: Outbound, max_tiles: int) -> None:
        self.outbound, self.max_tiles = outbound, max_tiles

    async def sound(self, command: SubmitPrediction, facts: ModelFacts) -> Wish:
        checked(command)
        check_zoom(command.zoom)
        check_params(command.params, facts)
        await self.check_imagery(command.image_uri)
        return await asyncio.to_thread(self._placed, command, facts)

    async def check_imagery(self, address: str) -> None:
        """The address is well formed and public. Nothing is fetched."""
        from imagery.source import is_tilejson
        from imagery.template import BadTemplate, Template
        from imagery.tiles import Tile

        try:
            first = address if is_tilejson(address) else Template.of(address).url(Tile(0, 0, 0))
            async with asyncio.timeout(RESOLVE_LIMIT):
                await self.outbound.resolve(first)
        except (BadTemplate, OutboundError, ValueError) as problem:
            raise invalid("image_uri", str(problem)) from problem
        except TimeoutError as problem:
            raise invalid("image_uri", "The host name of this address cannot be found.") from problem

    def _placed(self, command: SubmitPrediction, facts: ModelFacts) -> Wish:
        """Geometry is CPU work, and its libraries are loaded when somebody submits, not while the service idles."""
        from imagery.tiles import TooManyTiles, within
        from prediction.runs.domain import BadRegion, ewkt, geojson, region_of

        try:
            region = region_of(command.geometry, command.one_polygon)
            count = len(within(region, command.zoom, self.max_tiles))
        except BadRegion as problem:
            raise InvalidGeometry("geometry", command.geometry, str(problem)) from problem
        except TooManyTiles as problem:
            raise invalid("geometry", str(problem)) from problem
        if not count:
            raise invalid("geometry", f"The geometry covers no whole tile at zoom {command.zoom}.")
        return Wish(command, facts, ewkt(region), geojson(region), count)


def checked(command: C) -> C:
    """Texts are not too long."""
    for field, most in LONGEST.items():
        if len(getattr(command, field, None) or "") > most:
            raise invalid(field, f"At most {most} characters.")
    return command


def check_zoom(zoom: int) -> None:
    if zoom not in ZOOMS:
        raise invalid("zoom", f"The zoom lies within {ZOOMS.start} and {ZOOMS.stop - 1}.")


def check_params(params: dict, facts: ModelFacts) -> None:
    if found := problems(facts.hyperparameters, facts.hyperparameters_spec, params):
        raise Invalid("invalid_params", found[0], params=found)


def invalid(field: str, words: str) -> Invalid:
    return Invalid(f"invalid_{field}", words, **{field: [words]})
