"""Names of plug-ins, as STAC items give them."""

import re

_MODULE = re.compile(r"models(\.[a-z_][a-z0-9_]*)+")


class BadPlugin(ValueError):
    pass


def module_of(entrypoint: str) -> str:
    """`models.unet.pipeline` of `models.unet.pipeline:predict`; nothing outside the plug-ins is ever imported."""
    module = entrypoint.partition(":")[0]
    if not _MODULE.fullmatch(module):
        raise BadPlugin("The model names no plug-in that could be run.")
    return module
