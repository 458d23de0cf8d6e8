"""Filters for warnings that the caller expects."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ignore_warning(category: type[Warning]) -> Iterator[None]:
    """Hides warnings of `category` inside the block, for a condition that the caller expects and handles."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", category)
        yield
