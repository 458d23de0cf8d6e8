from contracts.base import Query


class CountOwned(Query, wire="catalog.v1.count_owned"):
    """`{datasets, models}`: how many this person has, whoever may see them. For that person, administrators and
    services."""

    user_id: int
