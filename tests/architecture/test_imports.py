"""The import rules of the root pyproject hold, and a breach would be seen."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")


def test_import_rules_hold():
    done = subprocess.run([LINTER, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:]


def test_a_breach_is_seen(tmp_path: Path):
    room = tmp_path / "src" / "catalogish"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text("")
    (room / "domain.py").write_text("import sqlalchemy\n")
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_package = catalogish\ninclude_external_packages = True\n"
        "[importlinter:contract:plain]\nname = rules are plain code\ntype = forbidden\n"
        "source_modules = catalogish.domain\nforbidden_modules = sqlalchemy\n"
    )
    done = subprocess.run(
        [LINTER, "--no-cache"], cwd=tmp_path / "src", capture_output=True, text=True, check=False, timeout=60,
        env={"PYTHONPATH": str(tmp_path / "src"), "PATH": "/usr/bin"},
    )  # fmt: skip
    assert done.returncode != 0
