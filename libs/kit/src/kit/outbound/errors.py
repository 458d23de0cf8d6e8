"""Why a foreign address was not asked, or what was wrong with its answer."""

from typing import Literal

Code = Literal[
    "address_malformed", "address_scheme", "address_port", "address_credentials", "address_private", "host_unknown",
    "redirect_limit", "timeout", "unreachable", "http_status", "too_large", "wrong_content",
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
    "wrong_content": "The answer of this address is not of the expected kind.",
}


class OutboundError(Exception):
    """`code` is stable; the text is fit for users and never holds what the foreign side or the resolver said.

    `status` is the foreign HTTP status, if there was one. `transient`: worth another try.
    """

    def __init__(self, code: Code, status: int | None = None) -> None:
        super().__init__(WORDS[code] if status is None else f"{WORDS[code].rstrip('.')} (HTTP {status}).")
        self.code: Code = code
        self.status = status

    @property
    def transient(self) -> bool:
        if self.status is not None:
            return self.status in (408, 425, 429) or self.status >= 500
        return self.code in ("host_unknown", "timeout", "unreachable")
