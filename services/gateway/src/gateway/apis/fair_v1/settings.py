"""Settings of v1."""

from functools import cache
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode

from kit.settings import ServiceSettings, load, names


def _pairs(value: object) -> object:
    """Parses `RAMP=ramp,YOLO_V8_V1=yolo-v8-v1` to a dictionary."""
    return dict(pair.split("=", 1) for pair in value.split(",") if "=" in pair) if isinstance(value, str) else value


class V1Settings(BaseSettings):
    model_config = ServiceSettings.model_config

    ramp_epochs: int = Field(40, validation_alias=names("RAMP_EPOCHS_LIMIT"))
    """Largest number of epochs of a `RAMP` training submitted through v1."""
    ramp_batch_size: int = Field(8, validation_alias=names("RAMP_BATCH_SIZE_LIMIT"))
    """Largest batch size of a `RAMP` training submitted through v1."""
    yolo_epochs: int = Field(200, validation_alias=names("YOLO_EPOCHS_LIMIT"))
    """Largest number of epochs of a `YOLO_…` training submitted through v1."""
    yolo_batch_size: int = Field(8, validation_alias=names("YOLO_BATCH_SIZE_LIMIT"))
    """Largest batch size of a `YOLO_…` training submitted through v1."""
    feedback_epochs: int = Field(20, validation_alias=names("EPOCHS_LIMIT"))
    """Largest number of epochs of a feedback training of v1."""
    feedback_batch_size: int = Field(8, validation_alias=names("BATCH_SIZE_LIMIT"))
    """Largest batch size of a feedback training of v1."""
    log_lines: int = Field(10, validation_alias=names("LOG_LINE_STREAM_TRUNCATE_VALUE"))
    """Number of log lines that `/task/status/` of v1 shows of a running run."""
    fgb_area: float = Field(10_000.0, validation_alias=names("FGB_MAX_BBOX_AREA_KM2"))
    """Largest area in square kilometres of a box that is read from a FlatGeobuf."""
    fgb_dimension: float = Field(500.0, validation_alias=names("FGB_MAX_BBOX_DIMENSION_KM"))
    """Largest side in kilometres of such a box."""
    fgb_features: int = Field(50_000, validation_alias=names("FGB_MAX_FEATURES_LIMIT"))
    """Largest number of features that are sent of a FlatGeobuf."""
    base_models: Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs)] = Field(
        {"RAMP": "ramp", "YOLO_V8_V1": "yolo-v8-v1", "YOLO_V8_V2": "yolo-v8-v2"},
        validation_alias=names("V1_BASE_MODELS"),
    )
    """Names of the base models of v1 in the registry."""

    def limits(self, base_model: str) -> dict[str, int]:
        """Returns hyper-parameter → largest value. Base models that v1 did not have are limited only by their own
        ranges."""
        if base_model == "RAMP":
            return {"epochs": self.ramp_epochs, "batch_size": self.ramp_batch_size}
        if base_model.startswith("YOLO"):
            return {"epochs": self.yolo_epochs, "batch_size": self.yolo_batch_size}
        return {}

    def v1_name(self, name: str) -> str:
        """Returns the v1 name of a base model in the registry, its own name when v1 had none for it."""
        return next((v1 for v1, today in self.base_models.items() if today == name), name)


@cache
def v1_settings() -> V1Settings:
    return load(V1Settings)
