"""What v1 read from its environment."""

from functools import cache
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode

from kit.settings import ServiceSettings, load, names


def _pairs(value: object) -> object:
    """`RAMP=ramp,YOLO_V8_V1=yolo-v8-v1` as a dictionary."""
    return dict(pair.split("=", 1) for pair in value.split(",") if "=" in pair) if isinstance(value, str) else value


class EarlySettings(BaseSettings):
    model_config = ServiceSettings.model_config

    ramp_epochs: int = Field(40, validation_alias=names("RAMP_EPOCHS_LIMIT"))
    """Most epochs of a training of `RAMP` that comes by a path of v1."""
    ramp_batch_size: int = Field(8, validation_alias=names("RAMP_BATCH_SIZE_LIMIT"))
    """Largest batch of a training of `RAMP` that comes by a path of v1."""
    yolo_epochs: int = Field(200, validation_alias=names("YOLO_EPOCHS_LIMIT"))
    """Most epochs of a training of a `YOLO_…` that comes by a path of v1."""
    yolo_batch_size: int = Field(8, validation_alias=names("YOLO_BATCH_SIZE_LIMIT"))
    """Largest batch of a training of a `YOLO_…` that comes by a path of v1."""
    feedback_epochs: int = Field(20, validation_alias=names("EPOCHS_LIMIT"))
    """Most epochs of a feedback training of v1."""
    feedback_batch_size: int = Field(8, validation_alias=names("BATCH_SIZE_LIMIT"))
    """Largest batch of a feedback training of v1."""
    log_lines: int = Field(10, validation_alias=names("LOG_LINE_STREAM_TRUNCATE_VALUE"))
    """Log lines that `/task/status/` of v1 shows of a run under way."""
    fgb_area: float = Field(10_000.0, validation_alias=names("FGB_MAX_BBOX_AREA_KM2"))
    """Square kilometres of the largest box that is read from a FlatGeobuf."""
    fgb_dimension: float = Field(500.0, validation_alias=names("FGB_MAX_BBOX_DIMENSION_KM"))
    """Kilometres of its longest side."""
    fgb_features: int = Field(50_000, validation_alias=names("FGB_MAX_FEATURES_LIMIT"))
    """Most features that are sent of a FlatGeobuf."""
    base_models: Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs)] = Field(
        {"RAMP": "ramp", "YOLO_V8_V1": "yolo-v8-v1", "YOLO_V8_V2": "yolo-v8-v2"},
        validation_alias=names("V1_BASE_MODELS"),
    )
    """What the base models of v1 are called in the registry."""

    def limits(self, base_model: str) -> dict[str, int]:
        """Hyper-parameter → largest value. Base models that v1 did not know have their own ranges only."""
        if base_model == "RAMP":
            return {"epochs": self.ramp_epochs, "batch_size": self.ramp_batch_size}
        if base_model.startswith("YOLO"):
            return {"epochs": self.yolo_epochs, "batch_size": self.yolo_batch_size}
        return {}

    def early_name(self, name: str) -> str:
        """Of a base model in the registry; its own name when v1 had none for it."""
        return next((early for early, today in self.base_models.items() if today == name), name)


@cache
def early_settings() -> EarlySettings:
    return load(EarlySettings)
