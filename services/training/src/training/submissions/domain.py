"""What may be trained with what, and how: rules of pipelines-stac 1.7 and the configuration of 2.2."""

from dataclasses import asdict, dataclass, field
from typing import Any

from training.projections.domain import GEOMETRY_KEYWORDS

Json = dict[str, Any]
LABEL_TASK = {
    "semantic-segmentation": "segmentation",
    "instance-segmentation": "segmentation",
    "object-detection": "detection",
    "classification": "classification",
}
MAX_TEXT_LENGTH = 200
MAX_KEYWORD_LENGTH = 80


@dataclass(frozen=True)
class BaseModelSummary:
    """What a training must know of its base model."""

    stac_id: str
    entrypoint: str
    checkpoint_uri: str
    keywords: list[str]
    tasks: list[str]
    num_classes: int
    class_names: list[str]
    needs: Json = field(default_factory=dict[str, Any])
    """Image and accelerator: a `pipelines.scheduling.ResourceRequest`."""
    coarsest_imagery: float | None = None
    """Metres a pixel may have; None where the model takes everything."""


def base_model_summary(stac_id: str, facts: Json) -> BaseModelSummary:
    """From `contracts.catalog.models.ModelSummary` as JSON."""
    names = ("entrypoint", "checkpoint_uri", "keywords", "tasks", "num_classes", "class_names")
    needs = {
        "image": facts.get("image", ""), "accelerator": facts.get("accelerator", ""),
        "accelerator_count": facts.get("accelerator_count", 1),
    }  # fmt: skip
    return BaseModelSummary(
        stac_id, *(facts[name] for name in names), needs=needs, coarsest_imagery=facts.get("coarsest_imagery")
    )


@dataclass(frozen=True)
class DatasetSummary:
    """What a training must know of its dataset."""

    stac_id: str
    chips_uri: str
    labels_uri: str
    keywords: list[str]
    label_tasks: list[str]
    geometry_type: str
    chip_count: int | None = None
    """None for one that was heard of before this was noted."""
    metres_per_pixel: float | None = None
    """None where it is not known."""


@dataclass(frozen=True)
class Plan:
    """Arguments of the pipeline, as ZenML takes them, and what the model needs of a cluster."""

    module: str
    parameters: Json
    step_parameters: dict[str, Json]
    tags: list[str] = field(default_factory=list[str])
    needs: Json = field(default_factory=dict[str, Any])

    def as_json(self) -> Json:
        return asdict(self)


def unique(keywords: list[str]) -> list[str]:
    """Without repetitions, first positions kept."""
    return list(dict.fromkeys(keywords))


def field_errors(base: str, dataset: str, name: str, title: str, keywords: list[str]) -> dict[str, list[str]]:
    """Field → messages; empty when all is well."""
    limits = {"base_model_stac_id": base, "dataset_stac_id": dataset, "model_name": name, "title": title}
    wrong = {
        key: [f"Ensure this field has no more than {MAX_TEXT_LENGTH} characters."]
        for key, text in limits.items()
        if len(text) > MAX_TEXT_LENGTH
    }
    for key in ("base_model_stac_id", "dataset_stac_id", "model_name"):
        if not limits[key].strip():
            wrong[key] = ["This field may not be blank."]
    if "model_name" not in wrong and not any(letter.isalnum() for letter in name):
        wrong["model_name"] = ["A name needs at least one letter or digit."]
    if any(len(keyword) > MAX_KEYWORD_LENGTH for keyword in keywords):
        wrong["keywords"] = [f"Ensure no keyword has more than {MAX_KEYWORD_LENGTH} characters."]
    return wrong


def incompatibilities(base: BaseModelSummary, data: DatasetSummary) -> list[str]:
    """Why this model cannot learn from this dataset, one sentence each."""
    reasons: list[str] = []
    if not set(base.keywords) & set(data.keywords):
        reasons.append("The base model and the dataset have no keyword in common.")
    if not _tasks(base.tasks) & _tasks(data.label_tasks):
        wanted = ", ".join(sorted(base.tasks))
        reasons.append(f"The labels of the dataset do not serve the tasks of the base model ({wanted}).")
    geometry = GEOMETRY_KEYWORDS & set(base.keywords)
    if geometry and data.geometry_type and data.geometry_type not in geometry:
        made_for = ", ".join(sorted(geometry))
        reasons.append(
            f"The base model is made for geometries of type {made_for}, the dataset holds {data.geometry_type}."
        )
    if base.coarsest_imagery and (data.metres_per_pixel or 0) > base.coarsest_imagery:
        reasons.append(
            f"A pixel of the dataset is {data.metres_per_pixel:.2g} m wide; this model reads imagery of "
            f"{base.coarsest_imagery:g} m a pixel or finer. Build the dataset at a higher zoom."
        )
    return reasons


def _tasks(tasks: list[str]) -> set[str]:
    return {LABEL_TASK.get(task, task) for task in tasks}


def plan(
    base: BaseModelSummary, data: DatasetSummary, model_name: str, hyperparameters: Json, weights_uri: str | None = None
) -> Plan:
    return Plan(
        module=base.entrypoint.partition(":")[0],
        parameters={
            "base_model_weights": weights_uri or base.checkpoint_uri,
            "dataset_chips": data.chips_uri,
            "dataset_labels": data.labels_uri,
            "num_classes": base.num_classes,
            "hyperparameters": hyperparameters,
        },
        step_parameters={
            "train_model": {"model_name": model_name, "base_model_id": base.stac_id, "dataset_id": data.stac_id},
            "evaluate_model": {"class_names": base.class_names},
        },
        tags=[f"model:{model_name}", f"base-model:{base.stac_id}", f"dataset:{data.stac_id}"],
        needs=base.needs,
    )
