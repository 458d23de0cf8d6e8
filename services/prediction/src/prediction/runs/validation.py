"""Is a submission sound? Answered before anything is written; the field at fault is named."""

import asyncio
from typing import TypeVar

from contracts.catalog.models import ModelSummary
from contracts.imagery import BadTemplate, first_url, metres_per_pixel
from contracts.prediction import ChangePrediction, SubmitPrediction
from geo.invalid_geometry import InvalidGeometry
from kit.errors import Invalid
from kit.http.outbound import Outbound, OutboundError
from prediction.projections.domain import parameter_errors
from prediction.runs.usecases import ValidatedSubmission

ZOOMS = range(14, 23)
RESOLVE_TIMEOUT = 4.0
MAX_LENGTHS = {"model_stac_id": 64, "image_uri": 4096, "description": 10_000, "mapswipe_project_id": 200}
C = TypeVar("C", SubmitPrediction, ChangePrediction)


class SubmissionValidator:
    """`max_tiles`: the most that one prediction may use."""

    def __init__(self, outbound: Outbound, max_tiles: int) -> None:
        self.outbound, self.max_tiles = outbound, max_tiles

    async def validate(self, command: SubmitPrediction, facts: ModelSummary) -> ValidatedSubmission:
        check_lengths(command)
        check_zoom(command.zoom)
        check_params(command.params, facts)
        await self.check_imagery(command.image_uri, command.zoom)
        return await asyncio.to_thread(self._placed, command, facts)

    async def check_imagery(self, address: str, zoom: int) -> None:
        """The address is well formed, and not known to lead elsewhere than to the public internet. Nothing is fetched.

        A name that cannot be resolved now is the run's affair: it tries again, and fails with that reason if it lasts.
        """
        try:
            first = first_url(address, zoom)
            async with asyncio.timeout(RESOLVE_TIMEOUT):
                await self.outbound.resolve(first)
        except TimeoutError:
            return
        except (BadTemplate, OutboundError, ValueError) as problem:
            if not (isinstance(problem, OutboundError) and problem.transient):
                raise invalid("image_uri", str(problem)) from problem

    def _placed(self, command: SubmitPrediction, facts: ModelSummary) -> ValidatedSubmission:
        """Geometry is CPU work, and its libraries are loaded when somebody submits, not while the service idles."""
        from geo.geojson import BadGeometry
        from imagery.tiles import TooManyTiles, intersecting
        from prediction.runs.domain import ewkb, geojson, region_of

        try:
            region = region_of(command.geometry, command.one_polygon)
            check_resolution(facts, command.zoom, region.bounds[1], region.bounds[3])
            count = len(intersecting(region, command.zoom, self.max_tiles))
        except BadGeometry as problem:
            raise InvalidGeometry("geometry", command.geometry, str(problem)) from problem
        except TooManyTiles as problem:
            raise invalid("geometry", str(problem)) from problem
        if not count:
            raise invalid(
                "geometry", "The geometry lies beyond the tiles of web maps, which end at 85 degrees of latitude."
            )
        return ValidatedSubmission(command, facts, ewkb(region), geojson(region), count)


def check_lengths(command: C) -> C:
    """Texts are not too long."""
    for field, most in MAX_LENGTHS.items():
        if len(getattr(command, field, None) or "") > most:
            raise invalid(field, f"At most {most} characters.")
    return command


def check_zoom(zoom: int) -> None:
    if zoom not in ZOOMS:
        raise invalid("zoom", f"The zoom lies within {ZOOMS.start} and {ZOOMS.stop - 1}.")


def check_resolution(facts: ModelSummary, zoom: int, south: float, north: float) -> None:
    """The imagery is not coarser than the model can read, between two latitudes (degrees)."""
    metres = metres_per_pixel(zoom, south, north)
    if facts.coarsest_imagery is not None and metres > facts.coarsest_imagery:
        raise invalid(
            "zoom",
            f"A pixel of zoom {zoom} is {metres:.2g} m wide there; this model reads imagery of "
            f"{facts.coarsest_imagery:g} m a pixel or finer. Choose a higher zoom.",
        )


def check_params(params: dict, facts: ModelSummary) -> None:
    if found := parameter_errors(facts.hyperparameters, facts.hyperparameters_spec, params):
        raise Invalid("invalid_params", found[0], params=found)


def invalid(field: str, words: str) -> Invalid:
    return Invalid(f"invalid_{field}", words, **{field: [words]})
