"""How many datasets and models a user owns."""

from contracts.base import Query


class CountOwned(Query, wire="catalog.v1.count_owned"):
    """Returns `{datasets, models}`: how many the user owns, whatever their visibility. For that user, administrators
    and services."""

    user_id: int
