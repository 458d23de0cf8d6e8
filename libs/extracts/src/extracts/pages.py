"""The pages of a package for people who open its folder: complete documents, everything from outside escaped."""

from html import escape

from extracts.package import DatasetVersion

ODBL = ("Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/")
LAYOUT = "Version 1"


def package_index(title: str) -> str:
    """`title`: of the boundary. Links to the datasets and to the licence of the package as a whole."""
    return _page(
        title,
        f"<p>Open data cut for {escape(title)}.</p>",
        '<p><a href="./datasets/">Datasets</a></p>',
        f'<p>The package is under the <a href="./license.html">{ODBL[0]}</a>; each dataset says its own.</p>',
    )


def package_license() -> str:
    return _page("Licence", f"<p>{_link(ODBL[1], ODBL[0])}</p>")


def package_version() -> str:
    """Of the layout of packages."""
    return _page("Version of the package's layout", f"<p>{LAYOUT}</p>")


def dataset_index(version: DatasetVersion, title: str, summary: str, citation: str) -> str:
    """`title`: the long one."""
    return _page(
        title,
        '<p><a href="./data/">Data</a></p>',
        *[f"<p>{escape(one)}</p>" for one in summary.split("\n\n") if one.strip()],
        f"<p>Source: {_link(version.source_url, version.source_title)}</p>",
        f"<p>Please cite: {escape(citation)}</p>" if citation else "",
        f'<p>Licence: <a href="./license.html">{escape(version.license.title)}</a></p>',
    )


def dataset_license(version: DatasetVersion) -> str:
    return _page(version.license.title, f"<p>{_link(version.license.path, version.license.title)}</p>")


def _page(title: str, *parts: str) -> str:
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(title)}</title></head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _link(address: str, text: str) -> str:
    """Only web addresses become links."""
    if not address.startswith(("http://", "https://")):
        return escape(text)
    return f'<a href="{escape(address)}">{escape(text)}</a>'
