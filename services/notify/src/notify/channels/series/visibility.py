"""Which channels a person may know of: the rule of `contracts.notify.samples.may_read` in SQL."""

from typing import Any

from contracts.notify.samples import PRIVATE, private_backend
from contracts.shared import Actor

VISIBLE = "(%(all)s or left(backend, length(%(private)s)) <> %(private)s or backend = %(own)s)"


def parameters(actor: Actor) -> dict[str, Any]:
    """Returns the parameters of `VISIBLE`."""
    own = None if actor.is_anonymous else private_backend(actor.id)
    return {"all": actor.is_admin, "private": PRIVATE, "own": own}
