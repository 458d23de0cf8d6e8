"""What a page wants to find again, kept for one person."""

from datetime import datetime
from typing import Any

from contracts.base import Command, Contract, Query
from contracts.shared import Page


class UserState(Contract):
    """`state` is any JSON but null; `timestamp` the time of its last write."""

    pid: int
    state: Any
    timestamp: datetime


class CreateState(Command, wire="notify.v1.create_state"):
    expires = 30.0
    state: Any


class ReplaceState(Command, wire="notify.v1.replace_state"):
    """The whole of it; whose it is does not change."""

    expires = 30.0
    pid: int
    state: Any


class DeleteState(Command, wire="notify.v1.delete_state"):
    expires = 30.0
    pid: int


class GetState(Query, wire="notify.v1.get_state"):
    pid: int


class ListStates(Query, wire="notify.v1.list_states"):
    """Latest write first: the sender's own, for administrators everybody's."""

    page: Page = Page()
