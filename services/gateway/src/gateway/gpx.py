"""GPX 1.1, which field apps and JOSM read."""

import xml.etree.ElementTree as ET

import orjson

NAMESPACE = "http://www.topografix.com/GPX/1/1"


def gpx_of(feature: bytes) -> bytes:
    """The exterior ring of an AOI (GeoJSON Feature) as one track of one segment."""
    aoi = orjson.loads(feature)
    root = ET.Element("gpx", {"version": "1.1", "creator": "fAIr", "xmlns": NAMESPACE})
    track = ET.SubElement(root, "trk")
    ET.SubElement(track, "name").text = f"AOI {aoi['properties']['id']}"
    segment = ET.SubElement(track, "trkseg")
    for longitude, latitude, *_ in aoi["geometry"]["coordinates"][0]:
        ET.SubElement(segment, "trkpt", {"lat": str(latitude), "lon": str(longitude)})
    return ET.tostring(root, encoding="UTF-8", xml_declaration=True)
