"""Writes GPX 1.1 for GPS receivers and OSM editors."""

from gpxpy.gpx import GPX, GPXTrack, GPXTrackPoint, GPXTrackSegment


def gpx(name: str, outlines: list[list[list[float]]]) -> str:
    """Returns one track with a segment for each outline, a list of [longitude, latitude] in degrees."""
    document, track = GPX(), GPXTrack(name)
    document.creator = "fAIr"
    track.segments = [
        GPXTrackSegment([GPXTrackPoint(latitude, longitude) for longitude, latitude, *_ in outline])
        for outline in outlines
    ]
    document.tracks = [track]
    return document.to_xml("1.1", prettyprint=False)
