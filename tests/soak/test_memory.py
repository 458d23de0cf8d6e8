"""Services do not grow with what they have answered: 200,000 reads and 50,000 writes on a Fairway of its own."""

from pathlib import Path

from stack.bench.memory import flat
from stack.bench.system import system
from stack.home import Home


def test_services_are_as_large_after_200_000_reads_and_50_000_writes_as_after_a_tenth(tmp_path: Path):
    with system(Home(tmp_path)) as running:
        rows = flat(running)
    for row in rows:
        print(f"{row.name}: {row.value:.3f} ({row.method})")
    assert [row.name for row in rows if not row.ok] == []
