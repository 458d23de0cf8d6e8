"""`python -m stack.bench.peers`: this part alone."""

from pathlib import Path
from tempfile import mkdtemp

from rich.console import Console

from stack.bench.peers.figures import beside
from stack.bench.rows import table
from stack.bench.system import system, two_gateway_workers
from stack.home import Home

with system(Home(Path(mkdtemp(prefix="fairway-bench-")))) as running:
    two_gateway_workers(running)
    Console().print(table(beside(running)))
