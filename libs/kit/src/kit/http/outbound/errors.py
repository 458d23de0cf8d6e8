"""Why an outside address was not called, or what was wrong with its response."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

Code = Literal[
    "address_malformed", "address_scheme", "address_port", "address_credentials", "address_private", "host_unknown",
    "redirect_limit", "timeout", "unreachable", "http_status", "too_large", "empty", "web_page",
    "wrong_content",
]  # fmt: skip
WORDS: dict[Code, str] = {
    "address_malformed": "This is not a usable web address.",
    "address_scheme": "Only https addresses can be used.",
    "address_port": "Only the ports 80 and 443 can be used.",
    "address_credentials": "An address must not contain a user name or password.",
    "address_private": "This address is not on the public internet.",
    "host_unknown": "The host name of this address cannot be found.",
    "redirect_limit": "The address redirects too often.",
    "timeout": "The server of this address does not answer in time.",
    "unreachable": "The server of this address cannot be reached.",
    "http_status": "The server of this address answers with an error.",
    "too_large": "The answer of this address is too large.",
    "empty": "The answer of this address is empty.",
    "web_page": "A web page came instead of data: the address is wrong, or it asks for a login.",
    "wrong_content": "The answer of this address is not of the expected kind.",
}


class OutboundError(Exception):
    """`code` is stable. The text is fit for users, and never holds what the other server or the resolver said.

    `status` is the HTTP status of the other server, if there was one; `retry_after` is the seconds that a busy server
    (429, 503) asks to wait.
    """

    def __init__(self, code: Code, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(WORDS[code] if status is None else f"{WORDS[code].rstrip('.')} (HTTP {status}).")
        self.code: Code = code
        self.status, self.retry_after = status, retry_after

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed later."""
        if self.status is not None:
            return self.status in (408, 425, 429) or self.status >= 500
        return self.code in ("host_unknown", "timeout", "unreachable")


def seconds_of(retry_after: str, now: datetime | None = None) -> float | None:
    """Returns the seconds of a Retry-After header, given as seconds or as an HTTP date; never negative. None for
    anything else."""
    text = retry_after.strip()
    try:
        seconds = float(text) if text[:1].isdigit() else _until(parsedate_to_datetime(text), now or datetime.now(UTC))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _until(moment: datetime, now: datetime) -> float:
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
