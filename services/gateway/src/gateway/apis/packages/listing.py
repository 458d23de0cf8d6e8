"""Pages that list the entries of a folder."""

from collections.abc import Sequence
from html import escape
from urllib.parse import quote

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title></head>
<body>
<h1>{title}</h1>
<ul>
{items}
</ul>
</body>
</html>
"""
ITEM = '<li><a href="./{address}">{name}</a></li>'


def listing_of(path: str, entries: Sequence[str]) -> str:
    """Returns an HTML page. `path` is that of the folder below the root of packages; names of folders among `entries`
    end with a slash."""
    title = escape(f"Index of /packages/{path.strip('/')}".rstrip("/") + "/")
    above = ['<li><a href="../">../</a></li>'] if path.strip("/") else []
    items = [ITEM.format(address=quote(name), name=escape(name)) for name in entries]
    return PAGE.format(title=title, items="\n".join([*above, *items]))
