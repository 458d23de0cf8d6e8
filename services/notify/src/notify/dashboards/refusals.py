"""What is refused, in words that say the next step."""

from kit.errors import Conflict, Forbidden, Invalid, NotFound, Unprocessable
from notify.dashboards.domain import matches

INVALID = "The dashboard does not match the schema."
POINTER_HEADER = "x-schema-error"
"""Response header with the JSON pointer of the first error; that of the whole dashboard is shown as `/`."""
MAX_POINTER = 1000


def check_match(if_match: str | None, etag: str) -> None:
    """Raises Conflict (412) unless the condition names the tag."""
    if not matches(if_match, etag):
        text = "The dashboard was changed meanwhile: read it again, then repeat your change."
        raise Conflict("stale", text, http=412, headers={"etag": etag})


def check_size(size: int, limit: int) -> None:
    """Raises Invalid (413) with both sizes in its sentence."""
    if size > limit:
        raise Invalid("size", f"The dashboard has {size} bytes, at most {limit} are allowed.", http=413)


def invalid(pointer: str) -> Unprocessable:
    """Returns the refusal of a content; the pointer is in a header, since clients show the sentence."""
    visible = pointer.encode("unicode_escape").decode()[:MAX_POINTER] or "/"
    return Unprocessable("schema", INVALID, headers={POINTER_HEADER: visible})


def not_found(dashboard_id: str) -> NotFound:
    return NotFound("dashboard_not_found", f"There is no dashboard {dashboard_id}.")


def protected(dashboard_id: str) -> Forbidden:
    return Forbidden("protected", f"Dashboard {dashboard_id} is protected: it cannot be changed or deleted.")


def read_only(dashboard_id: str) -> Forbidden:
    text = f"Dashboard {dashboard_id} comes from a file of the deployment: change it there, or store a copy."
    return Forbidden("provisioned", text)


def not_permitted(dashboard_id: str) -> Forbidden:
    return Forbidden("not_permitted", f"You may not do this with dashboard {dashboard_id}: ask its owner.")
