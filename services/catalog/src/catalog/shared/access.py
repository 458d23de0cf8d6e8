"""Callers who may see all rows."""

from contracts.shared import Actor


def can_see_all(actor: Actor) -> bool:
    """Administrators, and services that act for themselves."""
    return actor.is_admin or "service" in actor.roles
