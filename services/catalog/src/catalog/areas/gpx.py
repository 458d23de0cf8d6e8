"""Writes GPX 1.1 for GPS receivers and OSM editors."""

from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, tostring

NAMESPACE = "http://www.topografix.com/GPX/1/1"


def gpx(name: str, outlines: list[list[list[float]]]) -> str:
    """Returns one track with a segment for each outline, a list of [longitude, latitude] in degrees."""
    root = Element("gpx", {"version": "1.1", "creator": "fAIr", "xmlns": NAMESPACE})
    track = SubElement(root, "trk")
    SubElement(track, "name").text = name
    for outline in outlines:
        segment = SubElement(track, "trkseg")
        for longitude, latitude, *_ in outline:
            SubElement(segment, "trkpt", {"lat": _decimal(latitude), "lon": _decimal(longitude)})
    return tostring(root, encoding="unicode", xml_declaration=True).replace("us-ascii", "UTF-8")


def _decimal(degrees: float) -> str:
    """All digits without an exponent, which `xsd:decimal` does not allow."""
    return format(Decimal(repr(degrees)), "f")
