"""`python -m stack.bench.labels`: a system of its own, a table at the end."""

from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from stack.bench.labels.figures import labels
from stack.bench.rows import table
from stack.bench.system import system
from stack.home import Home

with system(Home(Path(mkdtemp(prefix="fairway-bench-")))) as running:
    Console().print(table(labels(running)))
