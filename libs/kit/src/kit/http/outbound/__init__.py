"""The one HTTP client for addresses that users or third parties name; protects against server-side request forgery
(SSRF)."""

from kit.http.outbound.client import Fetched, Outbound
from kit.http.outbound.errors import OutboundError
from kit.http.outbound.media import ANY, IMAGE, JSON, ZIP, Media

__all__ = ["ANY", "IMAGE", "JSON", "ZIP", "Fetched", "Media", "Outbound", "OutboundError"]
