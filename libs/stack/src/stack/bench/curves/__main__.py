"""`python -m stack.bench.curves`."""

from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from stack.bench.curves.figures import curves
from stack.bench.rows import table
from stack.home import Home
from stack.run import down

if __name__ == "__main__":
    own = Home(Path(mkdtemp(prefix="fairway-bench-")))
    try:
        Console(width=200).print(table(curves(own)))
    finally:
        down(home=own)
