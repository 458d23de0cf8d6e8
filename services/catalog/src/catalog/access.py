"""Whose rows a caller may see."""

from contracts.shared import Actor


def sees_all(actor: Actor) -> bool:
    """Administrators, and services that ask on their own account."""
    return actor.is_admin or "service" in actor.roles
