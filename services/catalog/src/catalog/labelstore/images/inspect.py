"""Reads one object as a stream: header from its first bytes, hash over all of it. Only TIFF files and pictures of a
size that is decoded for the perceptual hash are kept, in a temporary file."""

import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from PIL import Image, UnidentifiedImageError

from catalog.labelstore.images import domain
from geoml.raster_sessions import without_sessions

HEADER, LARGE_HEADER = 64 << 10, 1 << 20
"""Bytes in which a header is looked for; the larger number when it is not in the first."""
MAX_KEPT = 256 << 20
"""Bytes of a file that is kept for its perceptual hash."""
MAX_KEPT_TIFF = 4 << 30
MAX_WHOLE = 64 << 20
"""Bytes of a picture that is read as a whole where its format says nothing without its end, as AVIF does."""
MAX_PIXELS = 64 << 20
"""Pixels that are decoded for a perceptual hash; JPEG is decoded at a lower resolution first."""
MIN_CONTRAST = 8
"""Grey values; pictures of nothing but water or sky would all be duplicates of each other."""
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF", "JPEG2000", "PPM", "TIFF")
TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
EXIF, GPS, ORIENTATION, TAKEN, OFFSET = 0x8769, 0x8825, 0x0112, 0x9003, 0x9011
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
NO_PICTURE = "It is no picture that can be read."
HEIC = "It is a HEIC picture, which cannot be read here: upload it as JPEG or AVIF."


def inspect(pieces: Iterator[bytes], exif: bool = True) -> domain.Inspected:
    """Reads the pieces of a file once. A file that is no picture is described by its size and hash."""
    digest, size, head = sha256(), 0, b""
    with NamedTemporaryFile() as kept:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            head = head if len(head) >= LARGE_HEADER else head + piece[: LARGE_HEADER - len(head)]
            if size <= _limit(head):
                kept.write(piece)
        kept.flush()
        whole = kept.name if size <= _limit(head) else None
        return domain.Inspected(size, digest.hexdigest(), **_described(head, whole, exif))


def _limit(head: bytes) -> int:
    return MAX_KEPT_TIFF if head[:4] in TIFF_STARTS else MAX_KEPT


def _described(head: bytes, whole: str | None, exif: bool) -> dict[str, Any]:
    if head[:4] in TIFF_STARTS and whole is not None:
        found = _tiff(whole)
        if found is not None:
            return {**found, "dhash": None}
    picture = _opened(io.BytesIO(head[:HEADER])) or _opened(io.BytesIO(head)) or _opened_whole(head, whole)
    if picture is None:
        is_heic = head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS
        return {"problem": HEIC if is_heic else NO_PICTURE}
    kind = "JPEG" if picture.format == "MPO" else picture.format
    found = {"filetype": kind, "width": picture.width, "height": picture.height}
    return {**found, **(_exif(picture) if exif else {}), "dhash": perceptual_hash(whole) if whole else None}


def _opened_whole(head: bytes, whole: str | None) -> Image.Image | None:
    """Opens a picture whose beginning was not enough."""
    if whole is None or len(head) < LARGE_HEADER or Path(whole).stat().st_size > MAX_WHOLE:
        return None
    return _opened(io.BytesIO(Path(whole).read_bytes()))


def _opened(file: IO[bytes]) -> Image.Image | None:
    """Opens a picture without Pillow's limit on pixels, which belongs to decoding; None when no format fits."""
    Image.preinit()
    Image.init()
    start = file.read(16)
    for name in FORMATS:
        factory, accepts = Image.OPEN[name]
        file.seek(0)
        try:
            if accepts is None or accepts(start) is True:
                return factory(file, "")
        except (SyntaxError, IndexError, TypeError, KeyError, EOFError, OSError, ValueError, UnidentifiedImageError):
            continue
    return None


def _exif(picture: Image.Image) -> dict[str, Any]:
    """Broken EXIF is ignored: libraries raise whatever they meet in it."""
    try:
        tags = picture.getexif()
        times, gps, turned = tags.get_ifd(EXIF), tags.get_ifd(GPS), tags.get(ORIENTATION)
    except Exception:
        return {}
    position = domain.exif_position(gps) or (None, None)
    return {
        "orientation": turned if isinstance(turned, int) and 1 <= turned <= 8 else None,
        "date_taken": domain.exif_time(times.get(TAKEN), times.get(OFFSET)), "lat": position[0], "lon": position[1],
    }  # fmt: skip


def _tiff(path: str) -> dict[str, Any] | None:
    """Pillow cannot open several bands of 16 bit or of floats."""
    import rasterio
    from rasterio.errors import RasterioError

    without_sessions()
    try:
        with rasterio.open(path, driver="GTiff") as picture:
            found = {"filetype": "TIFF", "width": picture.width, "height": picture.height}
            code = picture.crs.to_epsg() if picture.crs else None
            is_placed = code is not None and not picture.transform.is_identity
            georef = {"crs": f"EPSG:{code}", "transform": list(picture.transform)[:6]} if is_placed else None
            return {**found, "georef": georef}
    except (RasterioError, OSError, ValueError):
        return None


def perceptual_hash(path: str) -> int | None:
    """Returns the difference hash of a picture; None for one that is too large, broken or without contrast."""
    with Path(path).open("rb") as file:
        picture = _opened(file)
        if picture is None:
            return None
        try:
            picture.draft("L", (256, 256))
            if picture.width * picture.height > MAX_PIXELS:
                return None
            grey = picture.convert("L").resize((9, 8), Image.Resampling.BOX).tobytes()
        except Exception:  # decoders raise whatever they meet
            return None
    if max(grey) - min(grey) < MIN_CONTRAST:
        return None
    return domain.difference_hash([grey[row * 9 : row * 9 + 9] for row in range(8)])
