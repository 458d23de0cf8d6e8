import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def silence(category: type[Warning]) -> Iterator[None]:
    """Hides a warning about something that is expected here and handled."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category)
        yield
