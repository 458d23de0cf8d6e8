"""The dialect of the API of packages: clients read `detail`, which is a list for invalid input and a sentence
otherwise."""

from gateway.http.dialect import Dialect
from gateway.http.problems import listed_errors
from gateway.openapi.components import INVALID_FIELDS

PACKAGES = Dialect("packages", invalid_status=422, invalid_body=listed_errors, invalid_response=INVALID_FIELDS)
READ = "packages"
"""Rate limit of reads, so that a program may ask every second how far a job is."""
