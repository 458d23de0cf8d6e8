"""Who sees which package: everybody those of boundaries; one of an own area only who knows its name, which stands in no
list, no index and no catalogue."""

from extracts.names import is_own_area


def is_listed(package: str) -> bool:
    return not is_own_area(package)
