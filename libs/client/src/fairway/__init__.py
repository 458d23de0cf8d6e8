"""A Python client of Fairway's API.

from fairway import Fairway
with Fairway("http://127.0.0.1:8000/api/v1", token="…") as fairway:
    dataset = fairway.datasets.get(3)
"""

from fairway.client import Fairway
from fairway.errors import ApiError, Unreachable

__all__ = ["ApiError", "Fairway", "Unreachable"]
