"""GPX 1.1, as hand-held receivers and OSM editors read it."""

import json
from xml.etree.ElementTree import Element, SubElement, tostring

NAMESPACE = "http://www.topografix.com/GPX/1/1"


def gpx(name: str, line: str) -> str:
    """One track with one segment; `line` is a GeoJSON LineString as text."""
    root = Element("gpx", {"version": "1.1", "creator": "fAIr", "xmlns": NAMESPACE})
    track = SubElement(root, "trk")
    SubElement(track, "name").text = name
    segment = SubElement(track, "trkseg")
    for longitude, latitude, *_ in json.loads(line)["coordinates"]:
        SubElement(segment, "trkpt", {"lat": repr(latitude), "lon": repr(longitude)})
    return tostring(root, encoding="unicode", xml_declaration=True).replace("us-ascii", "UTF-8")
