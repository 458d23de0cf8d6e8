"""What makes the rows that parts of an address name."""

from collections.abc import Callable
from typing import Any

from tests.surface.label_rows import LABEL_NAMED
from tests.surface.rows import Rows

NAMED: dict[str, Callable[[Rows], Any]] = {
    "dataset_id": Rows.dataset, "aoi_id": Rows.aoi, "label_id": Rows.label, "slug": Rows.category,
    "model_id": Rows.local_model, "training_id": Rows.training, "prediction_id": Rows.prediction,
    "feedback_id": Rows.feedback, "notification_id": Rows.notification, "letter_id": Rows.dead_letter,
    "hanko_user_id": Rows.mapping, "command_id": Rows.command, "banner_id": Rows.banner,
    "annotation_id": Rows.annotation, "pid": Rows.state, "webhook_id": Rows.webhook,
    **LABEL_NAMED,
}  # fmt: skip
"""What a part of an address names; tables give others where the same name means different things."""
