"""`python -m stack.bench.extracts [rasters] [vectors]`: all of them, or some."""

import sys

from rich.console import Console

from stack.bench.extracts.figures import PARTS, extracts
from stack.bench.rows import table
from stack.home import Home

Console(width=200).print(table(extracts(Home.default(), sys.argv[1:] or tuple(PARTS))))
