"""A child process that stays for many calls: its processors, and what it reads sources with."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from catalog.packages.production.outcome import Failed, failure_of

if TYPE_CHECKING:
    from extracts.processors import RegisteredProcessor, Request, Tables

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class ChildSettings:
    """What a child needs to know; can be pickled. `allow`: private addresses that may be fetched. `osm`: a connection
    string, or nothing for copies of tables in the cache."""

    processors: tuple[Path, ...]
    catalogue: Path | None
    root: Path
    offline: bool
    allow: str
    source_bytes: int
    osm: str
    host: str


@dataclass(frozen=True)
class Asked:
    """What a task is for; can be pickled. `outline`: the stored MultiPolygon as WKB."""

    processor: str
    package: str
    outline: bytes
    options: dict[str, Any]


class State:
    """Of this child process."""

    def __init__(self, settings: ChildSettings) -> None:
        from extracts.processors import SourceCache, SourceLimits, discover, read_catalogue

        self.settings = settings
        registry = discover(*settings.processors)
        if settings.catalogue:
            registry = registry.with_sources(read_catalogue(settings.catalogue.read_bytes()))
        self.registry = registry
        limits = SourceLimits(file_bytes=settings.source_bytes)
        self.cache: SourceCache = SourceCache(settings.root, self._fetch(), limits)

    def _fetch(self):
        from catalog.packages.production.child.fetch import SourceFetch

        folder = self.settings.root / ".incoming"
        return None if self.settings.offline else SourceFetch(folder, self.settings.allow)

    def tables(self) -> "Tables | None":
        from catalog.packages.production.child.osm_tables import OsmTables

        return OsmTables(self.settings.osm) if self.settings.osm else None

    def found(self, name: str) -> "RegisteredProcessor":
        """SourceNotAvailable for a processor that this worker does not have."""
        from extracts.errors import SourceNotAvailable

        if name not in self.registry.processors:
            raise SourceNotAvailable("processor_missing", f"This worker has no processor {name}.")
        return self.registry.processors[name]


_states: list[State] = []


def load(settings: ChildSettings) -> None:
    """The setup of a child process."""
    _states[:] = [State(settings)]


def state() -> State:
    return _states[0]


def request_of(asked: Asked) -> "Request":
    import shapely

    from extracts.outline import outline_of
    from extracts.processors import Options, Request

    shape = shapely.from_wkb(asked.outline)
    assert isinstance(shape, shapely.MultiPolygon)
    return Request(asked.package, outline_of(shape), Options(**asked.options))


def returning_failures(call: Callable[P, R]) -> Callable[P, R | Failed]:
    """Makes a function of the child return Failed where it would raise; MemoryError comes out as it is."""

    @wraps(call)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Failed:
        try:
            return call(*args, **kwargs)
        except MemoryError:
            raise
        except Exception as error:
            return failure_of(error, state().settings.root)

    return guarded
