from kit.imports import import_empty

_OTHERS: dict[str, tuple[str, ...]] = dict.fromkeys(("mariadb", "mssql", "mysql"), ())
_OTHERS |= {"geopackage": ("load_spatialite_gpkg",), "sqlite": ("load_spatialite",)}
with import_empty({f"geoalchemy2.admin.dialects.{name}": names for name, names in _OTHERS.items()}):
    import geoalchemy2  # noqa: F401  with SQLAlchemy's dialects of all other databases: 2.5 MB
