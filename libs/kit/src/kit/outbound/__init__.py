"""The one way to addresses that users or third parties name: safe against requests forged through us (SSRF)."""

from kit.outbound.client import Fetched, Outbound
from kit.outbound.errors import OutboundError
from kit.outbound.media import ANY, IMAGE, JSON, ZIP, Media

__all__ = ["ANY", "IMAGE", "JSON", "ZIP", "Fetched", "Media", "Outbound", "OutboundError"]
