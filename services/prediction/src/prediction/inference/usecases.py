from contracts.catalog.models import ModelSummary
from contracts.prediction import PredictLive
from contracts.shared import Actor
from kit.errors import Internal, Invalid, RateLimited, Unprocessable
from prediction.inference.domain import Area, CannotPredict, InvalidRequest, check
from prediction.inference.process_pool import Busy, WarmProcessPool
from prediction.inference.worker import predict_area
from prediction.plugins import BadPlugin, module_of
from prediction.projections.domain import inference_defaults
from prediction.runs.validation import check_params, check_resolution


class Inference:
    def __init__(self, children: WarmProcessPool, allow: str) -> None:
        self.children, self.allow = children, allow

    async def stop(self) -> None:
        await self.children.stop()

    async def predict(self, query: PredictLive, facts: ModelSummary, actor: Actor) -> bytes:
        """A FeatureCollection as JSON. Invalid names the field; Unprocessable says what could not be had."""
        check_params(query.params, facts)
        try:
            check(query.bbox, query.zoom)
            check_resolution(facts, query.zoom, query.bbox[1], query.bbox[3])
            run = self.children.run_anonymous if actor.is_anonymous else self.children.run
            return await run(predict_area, self._area(query, facts))
        except InvalidRequest as problem:
            raise Invalid(f"invalid_{problem.field}", problem.text, **{problem.field: [problem.text]}) from problem
        except CannotPredict as problem:
            raise Unprocessable("not_possible_now", str(problem)) from problem
        except Busy as problem:
            raise RateLimited(
                "live_busy", "Many live predictions are under way, try again.", retry_after=5
            ) from problem
        except BadPlugin as problem:
            raise Internal("bad_plugin", str(problem)) from problem

    def _area(self, query: PredictLive, facts: ModelSummary) -> Area:
        params = inference_defaults(facts.hyperparameters) | query.params
        module, place = module_of(facts.entrypoint), (query.image_uri, query.bbox, query.zoom)
        return Area(module, facts.onnx_uri, True, *place, params, self.allow)
