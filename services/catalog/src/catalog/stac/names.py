"""Names of models in items. MLM requires a letter first and three characters; ours may begin with a digit."""

import re

PREFIX = "model."
"""Our names contain no dot."""
_ALLOWED = re.compile(r"[a-zA-Z][a-zA-Z0-9_.\-\s]+[a-zA-Z0-9]")


def mlm_name(name: str) -> str:
    """Returns `mlm:name` for a model name."""
    return name if _ALLOWED.fullmatch(name) else PREFIX + name


def model_name(mlm_name: str) -> str:
    """Returns the model name for an `mlm:name`."""
    return mlm_name.removeprefix(PREFIX)
