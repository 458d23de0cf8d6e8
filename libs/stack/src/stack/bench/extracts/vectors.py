"""A million lines and an outline of 38,000 points, beside DuckDB, fiona without preparation, and plain intersection."""

import sys
from pathlib import Path

from stack.bench.extracts import generated
from stack.bench.extracts.child import SCRIPTS, Cost, middle, program, script
from stack.bench.rows import Row

LINES = 1_000_000
SAMPLED = 20_000
"""Lines of the reference's way, which is slow; the rest is in proportion."""
CUT = 500
ROUNDS = 3


def vectors(folder: Path, outline: Path, peers: Path) -> list[Row]:
    """`peers`: an environment that has DuckDB and fiona."""
    program(sys.executable, SCRIPTS / "make_lines.py", folder, LINES, -45, -45, 45, 45)
    flat, parquet = folder / "lines.fgb", folder / "lines.parquet"
    keep = middle([_ours(flat, outline, folder / "kept", "GPKG", "filter") for _ in range(ROUNDS)])
    columnar = middle([_ours(parquet, outline, folder / "kept", "GeoParquet", "filter") for _ in range(ROUNDS)])
    cut = middle([_ours(flat, outline, folder / "kept", "GPKG", "clip") for _ in range(ROUNDS)])
    most = max(keep.memory, columnar.memory, cut.memory)
    method = "most of the process, libraries included; filter and cut of FlatGeobuf, filter of GeoParquet"
    rows = [Row("vector extract of 1 M lines: memory", round(most), "MB", "<= 250", method)]
    rows += _plain(flat, outline, cut)
    return rows + _beside(folder, outline, peers / "bin/python", keep, columnar)


def _plain(flat: Path, outline: Path, cut: Cost) -> list[Row]:
    """Parts of a sample are counted by the script itself with our cut of the same features."""
    plain = script("plain_cut", flat, outline, CUT)
    method = f"{cut.cpu:.2f} s for {cut.said['rows']:,} parts, {plain.cpu:.0f} s, from a sample of {CUT}"
    return [
        Row("cut of 1 M lines: plain intersection's time to it", round(plain.cpu / cut.cpu), "times", ">= 100", method),
        Row("cut of 1 M lines: parts equal to plain intersection's", plain.said["same"], "", ">= 1", f"{CUT} features"),
    ]  # fmt: skip


def _beside(folder: Path, outline: Path, python: Path, keep: Cost, columnar: Cost) -> list[Row]:
    arguments = [folder / "lines.parquet", outline, folder / "theirs.parquet", *generated.box()]
    duckdb = middle([script("duckdb_filter", *arguments, python=python) for _ in range(ROUNDS)])
    if not duckdb.said["rows"] == keep.said["rows"] == columnar.said["rows"]:
        raise ValueError(f"not the same features: {duckdb.said}, {keep.said}, {columnar.said}")
    fiona = script("fiona_filter", folder / "lines.gpkg", outline, SAMPLED, python=python)
    slow = fiona.cpu * LINES / SAMPLED
    method = f"{keep.cpu:.2f} s of FlatGeobuf, {columnar.cpu:.2f} s of GeoParquet; {duckdb.cpu:.2f} s of GeoParquet"
    return [
        Row("filter of 1 M lines: time to DuckDB's", round(keep.cpu / duckdb.cpu, 2), "times", "<= 1.0", method),
        Row("filter of a GeoParquet: time to DuckDB's", round(columnar.cpu / duckdb.cpu, 2), "times", None, method),
        Row("filter of 1 M lines: the reference's time to it", round(slow / keep.cpu), "times", ">= 100",
            f"{slow:.0f} s, from {SAMPLED:,} lines"),
    ]  # fmt: skip


def _ours(source: Path, outline: Path, target: Path, driver: str, mode: str) -> Cost:
    return script("cut_vector", source, outline, target, driver, mode)
