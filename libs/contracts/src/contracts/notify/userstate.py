"""State that a page stores for one user."""

from datetime import datetime
from typing import Any

from contracts.base import Command, Contract, Query
from contracts.shared import Page


class UserState(Contract):
    """`state` is any JSON but null; `timestamp` is the time of its last write."""

    pid: int
    state: Any
    timestamp: datetime


class CreateState(Command, wire="notify.v1.create_state"):
    """Refused: `too_many_states`."""

    expires = 30.0
    state: Any


class ReplaceState(Command, wire="notify.v1.replace_state"):
    """Replaces the whole state; its owner does not change."""

    expires = 30.0
    pid: int
    state: Any


class DeleteState(Command, wire="notify.v1.delete_state"):
    expires = 30.0
    pid: int


class GetState(Query, wire="notify.v1.get_state"):
    pid: int


class ListStates(Query, wire="notify.v1.list_states"):
    """Latest write first: the sender's own, for administrators those of all users."""

    page: Page = Page()
