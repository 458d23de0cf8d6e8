"""Values of placeholders in addresses."""

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}", re.ASCII)


def named(values: Mapping[str, str]) -> dict[str, str]:
    """Leaves out parameters without a value, and those that no placeholder can have as its name."""
    return {name: value for name, value in values.items() if value and _NAME.fullmatch(name)}
