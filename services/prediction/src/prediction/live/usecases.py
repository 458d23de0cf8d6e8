from contracts.catalog.models import ModelFacts
from contracts.prediction import PredictLive
from kit.errors import Internal, Invalid, TooMany, Unprocessable
from prediction.known.domain import inference_defaults
from prediction.live.compute import predict_area
from prediction.live.domain import Area, Refused, Unable, check
from prediction.live.pool import Busy, WarmChildren
from prediction.plugins import BadPlugin, module_of
from prediction.runs.checks import check_params


class Live:
    def __init__(self, children: WarmChildren, allow: str) -> None:
        self.children, self.allow = children, allow

    async def stop(self) -> None:
        await self.children.stop()

    async def predict(self, query: PredictLive, facts: ModelFacts) -> bytes:
        """A FeatureCollection as JSON. Invalid names the field; Unprocessable says what could not be had."""
        check_params(query.params, facts)
        try:
            check(query.bbox, query.zoom)
            return await self.children.run(predict_area, self._area(query, facts))
        except Refused as problem:
            raise Invalid(f"invalid_{problem.field}", problem.words, **{problem.field: [problem.words]}) from problem
        except Unable as problem:
            raise Unprocessable("not_possible_now", str(problem)) from problem
        except Busy as problem:
            raise TooMany("live_busy", "Many live predictions are under way, try again.", retry_after=5) from problem
        except BadPlugin as problem:
            raise Internal("bad_plugin", str(problem)) from problem

    def _area(self, query: PredictLive, facts: ModelFacts) -> Area:
        params = inference_defaults(facts.hyperparameters) | query.params
        module, place = module_of(facts.entrypoint), (query.image_uri, query.bbox, query.zoom)
        return Area(module, facts.onnx_uri, True, *place, params, self.allow)
