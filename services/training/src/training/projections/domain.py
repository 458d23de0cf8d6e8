"""What the copies of the catalog's data are read for."""

GEOMETRY_KEYWORDS = frozenset({"polygon", "line", "point"})
