"""Reads a GeoJSON FeatureCollection of any length feature by feature: only a window of its text is in memory."""

import codecs
import json
import math
import re
from collections.abc import Iterator
from typing import IO, Any

import orjson

from gateway.http.inputs.json_body import NUL, TOO_DEEP, is_deep
from geo.geojson import foreign_crs

CHUNK = 1 << 18
"""Bytes read at a time."""
LONGEST = 16 << 20
"""Characters of one member or feature; a feature of 10,000 vertices has about 380 kB."""
NUMERIC = frozenset("0123456789.+-eE")
NO_JSON = "The file is not valid JSON."
NO_COLLECTION = "The file is not a GeoJSON FeatureCollection."
NO_LIST = "The body must be a JSON array."
NO_FEATURES = "The FeatureCollection has no features."
_SPACE = re.compile(r"[ \t\n\r]*")


class BadUpload(ValueError):
    """Message for the user who sent the file."""


class ForeignCrs(BadUpload):
    """The file is in another coordinate system."""


def features_of(file: IO[bytes]) -> Iterator[Any]:
    """Yields the entries of `features`, of any type. Raises BadUpload for a file that is no collection in longitude and
    latitude, possibly at the end, because other members may follow the features."""
    text = _Text(file)
    if text.peek() != "{":
        text.value()
        raise BadUpload(NO_COLLECTION)
    head: dict[str, Any] = {}
    yield from _collected(text, head)
    text.end()
    _check(head)


def feature_text(feature: object, number: int) -> bytes:
    """Returns a feature as JSON. Raises BadUpload, which names it by its number, where it cannot be stored."""
    try:
        content = orjson.dumps(feature)
    except TypeError as error:
        raise BadUpload(f"Feature {number} has text or numbers that cannot be stored.") from error
    if NUL in content:
        raise BadUpload(f"Feature {number} has text with NUL characters.")
    return content


def members_with_features(file: IO[bytes], head: dict[str, Any]) -> Iterator[Any]:
    """Yields the features of the FeatureCollection that an object has in its member `features`, and puts all other
    members into `head`; of `features` only its other members are there. Raises BadUpload."""
    text = _Text(file, json.JSONDecoder(parse_constant=_refused, parse_float=_finite))
    if text.peek() != "{":
        raise BadUpload("The body must be a JSON object.")
    for key in text.members():
        if key == "features" and text.peek() == "{":
            collection: dict[str, Any] = {}
            yield from _collected(text, collection)
            _check(collection, may_be_empty=True)
            head[key] = {name: value for name, value in collection.items() if name != "features"}
        else:
            head[key] = text.value()
    text.end()


def _collected(text: "_Text", head: dict[str, Any]) -> Iterator[Any]:
    for key in text.members():
        if key == "features" and text.peek() == "[":
            head[key] = 0
            for feature in text.items():
                head[key] += 1
                yield feature
        else:
            head[key] = text.value()


def entries_of(file: IO[bytes]) -> Iterator[Any]:
    """Yields the entries of a JSON array. Raises BadUpload for text that is none, possibly at the end; NaN and numbers
    that are infinite are no JSON."""
    text = _Text(file, json.JSONDecoder(parse_constant=_refused, parse_float=_finite))
    if text.peek() != "[":
        raise BadUpload(NO_LIST)
    yield from text.items()
    text.end()


def _refused(constant: str) -> None:
    raise ValueError(constant)


def _finite(number: str) -> float:
    found = float(number)
    if math.isinf(found):
        raise ValueError(number)
    return found


def _check(head: dict[str, Any], may_be_empty: bool = False) -> None:
    if head.get("type") != "FeatureCollection":
        raise BadUpload(NO_COLLECTION)
    if not isinstance(head.get("features"), int) or not (head["features"] or may_be_empty):
        raise BadUpload(NO_FEATURES)
    if name := foreign_crs(head):
        raise ForeignCrs(f"The file is in {name}. Save it in EPSG:4326 (WGS 84): longitude and latitude in degrees.")


def _shallow(value: Any) -> Any:
    if is_deep(value):
        raise BadUpload(TOO_DEEP)
    return value


class _Text:
    """A window of the text; `at` is the read position."""

    def __init__(self, file: IO[bytes], decoder: json.JSONDecoder | None = None) -> None:
        self.file, self.window, self.at, self.ended = file, "", 0, False
        self._decoded = codecs.getincrementaldecoder("utf-8-sig")()
        self._decoder = decoder or json.JSONDecoder(parse_constant=lambda _: None)

    def peek(self) -> str:
        """Returns the next character that is no white space; empty at the end."""
        while True:
            self.at = _SPACE.match(self.window, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.window):
                return self.window[self.at]
            if not self._more():
                return ""

    def members(self) -> Iterator[str]:
        """Yields the member names of the object that starts here; the caller reads the value after each."""
        for _ in self._entries("{", "}"):
            key = self.value()
            if not isinstance(key, str):
                raise BadUpload(NO_JSON)
            self._take(":")
            yield key

    def items(self) -> Iterator[Any]:
        for _ in self._entries("[", "]"):
            yield self.value()

    def end(self) -> None:
        if self.peek():
            raise BadUpload(NO_JSON)

    def value(self) -> Any:
        """Reads the value that starts here. A number at the edge of the window may continue behind it, also after its
        point."""
        self.peek()
        while True:
            try:
                found, end = self._decoder.raw_decode(self.window, self.at)
            except RecursionError as error:
                raise BadUpload(TOO_DEEP) from error
            except ValueError as error:
                if self.ended:
                    raise BadUpload(NO_JSON) from error
            else:
                if self.ended or (end < len(self.window) and self.window[end] not in NUMERIC):
                    self.at = end
                    return _shallow(found)
            self._grow()

    def _entries(self, start: str, stop: str) -> Iterator[None]:
        self._take(start)
        if self.peek() != stop:
            yield
            while self.peek() == ",":
                self.at += 1
                yield
        self._take(stop)

    def _take(self, character: str) -> None:
        if self.peek() != character:
            raise BadUpload(NO_JSON)
        self.at += 1

    def _grow(self) -> None:
        """Doubles the window of a value, so that a long value is not parsed too often."""
        wanted = max(CHUNK, 2 * (len(self.window) - self.at))
        if wanted > LONGEST:
            raise BadUpload("A feature of the file is too large, or the file is not valid JSON.")
        while len(self.window) - self.at < wanted and self._more():
            pass

    def _more(self) -> bool:
        piece = self.file.read(CHUNK)
        try:
            self.window = self.window[self.at :] + self._decoded.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            raise BadUpload("The file is not UTF-8 text.") from error
        self.at, self.ended = 0, not piece
        return bool(piece)
