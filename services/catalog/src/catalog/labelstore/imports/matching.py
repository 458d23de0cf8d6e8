"""Which image of the campaign a picture of the file is."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from catalog.labelstore.imports.formats.found import FoundImage, MatchBy

NO_IMAGE = "No image of the campaign has its name."
SEVERAL = "Several images of the campaign have its name."
NO_DIGEST = "Its SHA-256 is not known: the file does not say it, and its picture is not in the archive."
NO_SUCH_DIGEST = "No image of the campaign has its SHA-256."
TWICE = "Another entry of the file is about the same image."
SIZE = "The file says another size than the image has."
ROTATED = "The file says width and height the other way round: it counts pixels after the EXIF rotation."
_OUR_ID = re.compile(r"id:(\d{1,18})")


class CampaignImage(NamedTuple):
    """`row_id` orders the images of a campaign."""

    row_id: int
    image_id: int
    path: str
    sha256: str | None
    width: int | None
    height: int | None


@dataclass
class CampaignImages:
    """The images of a campaign, to be found by what a file says of them."""

    by_path: dict[str, CampaignImage] = field(default_factory=dict)
    by_name: dict[str, list[CampaignImage]] = field(default_factory=lambda: defaultdict(list))
    by_digest: dict[str, CampaignImage] = field(default_factory=dict)
    by_id: dict[int, CampaignImage] = field(default_factory=dict)

    @classmethod
    def of(cls, images: Iterable[CampaignImage]) -> "CampaignImages":
        found = cls()
        for one in images:
            found.by_path[one.path] = found.by_id[one.image_id] = one
            found.by_name[one.path.rpartition("/")[2]].append(one)
            if one.sha256:
                found.by_digest.setdefault(one.sha256, one)
        return found

    def find(self, wanted: FoundImage, match_by: MatchBy, digest: str | None) -> CampaignImage | str:
        """Returns the image, or why there is none."""
        named = _OUR_ID.fullmatch(wanted.name)
        if named:
            return self.by_id.get(int(named[1]), NO_IMAGE)
        if match_by == "sha256":
            return self.by_digest.get(digest, NO_SUCH_DIGEST) if digest else NO_DIGEST
        return self._named(wanted.source or wanted.name)

    def _named(self, name: str) -> CampaignImage | str:
        if name in self.by_path:
            return self.by_path[name]
        candidates = self.by_name.get(name.rpartition("/")[2], [])
        exact = [one for one in candidates if one.path.endswith(f"/{name}")] or candidates
        if not exact:
            return NO_IMAGE
        return exact[0] if len(exact) == 1 else SEVERAL


def size_problem(wanted: FoundImage, image: CampaignImage) -> str | None:
    """Returns why the pixels of the file are not those of the image."""
    said, known = (wanted.width, wanted.height), (image.width, image.height)
    if None in said or None in known or said == known:
        return None
    return ROTATED if said == known[::-1] else SIZE
