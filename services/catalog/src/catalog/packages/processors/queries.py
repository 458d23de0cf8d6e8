"""Listing processors by dataset."""

from collections.abc import Iterable
from itertools import groupby

from catalog.packages.processors.catalogue import ProcessorCatalogue
from contracts.catalog.packages import Dataset, ProcessorVersion


async def list_processors(catalogue: ProcessorCatalogue) -> list[Dataset]:
    """Raises Unavailable while the processors cannot be read."""
    return by_dataset((await catalogue.processors()).values())


def by_dataset(processors: Iterable[ProcessorVersion]) -> list[Dataset]:
    """Returns the datasets by name, their versions by id."""
    ordered = sorted(processors, key=lambda one: (_dataset(one), one.name))
    return [Dataset(name=name, versions=list(versions)) for name, versions in groupby(ordered, _dataset)]


def _dataset(one: ProcessorVersion) -> str:
    return one.name.partition(".")[0]
