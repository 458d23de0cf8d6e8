"""Licences that several processors name."""

from extracts.package import License

CC_BY = License("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", "Creative Commons Attribution 4.0")
CC0 = License("CC0", "https://creativecommons.org/share-your-work/public-domain/cc0/", "CC0 1.0 Universal")
ODBL = License(
    "ODbL-1.0", "https://opendefinition.org/licenses/odc-odbl", "Open Data Commons Open Database License 1.0"
)
NATURAL_EARTH = License(
    "Natural Earth", "https://www.naturalearthdata.com/about/terms-of-use/", "Natural Earth terms of use, public domain"
)
