"""`python -m catalog.packages.processors.describe FOLDER`: prints the processors of a folder as JSON.

A process of its own, since processors import rasterio, pyogrio and pyarrow, which the serving process does without,
and its image too: there the output is a file.
"""

import sys
from pathlib import Path
from typing import Any

import orjson


def described(folder: Path) -> dict[str, Any]:
    """Returns `{"processors": [{...ProcessorVersion, "is_test"}], "problems": {file: reason}}`."""
    from extracts.processors import discover

    registry = discover(folder)
    found = [
        one.describe() | {"release": one.metadata.release, "is_test": one.metadata.is_test}
        for one in registry.processors.values()
    ]
    return {"processors": found, "problems": registry.problems}


def main() -> None:
    told, sys.stdout = sys.stdout, sys.stderr  # a module may print
    told.write(orjson.dumps(described(Path(sys.argv[1]))).decode())


if __name__ == "__main__":
    main()
