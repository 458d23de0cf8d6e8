"""`keep_entries.py NEW OLD`: entries of NEW whose pin OLD has too are written as they are in OLD.

An index adds and drops files of a version that is out already; that alone changes no line here.
"""

import re
import sys
from pathlib import Path


def entries(text: str) -> dict[str, str]:
    """By pin: name, version and marker."""
    return {entry.splitlines()[0].rstrip(" \\"): entry for entry in re.split(r"\n(?=\S)", text.strip()) if entry}


def main(new: Path, old: Path) -> None:
    known = entries(old.read_text()) if old.exists() else {}
    old.write_text("".join(known.get(pin, entry) + "\n" for pin, entry in entries(new.read_text()).items()))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
