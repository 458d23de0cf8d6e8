"""Run inside an image of Fairway while the next release is made of it: what a release may add, it adds."""

import compileall
import os
from pathlib import Path
from py_compile import PycInvalidationMode

OWN = Path("/app/own")
AREAS, STREAMS = OWN / "contracts/catalog/areas.py", OWN / "contracts/streams.py"
TABLES = {
    "gateway": "users", "catalog": "aois", "training": "model_names", "prediction": "feedback", "notify": "user_states"
}  # fmt: skip
"""By room, the table that the load writes."""
CREATE = "    geometry: Json\n    dataset: int | None = None\n\n\nclass Change"
REVISION = """revision, down_revision, branch_labels, depends_on = "9000", "{head}", None, None


def upgrade():
    from alembic import op

    for table in ("inbox", "outbox", "{table}"):
        op.execute(f"alter table {{table}} add column next_release text default 'of the next release'")
"""


def grow(path: Path, before: str, after: str) -> None:
    """Fails where the source does not say `before` once: this script is to follow it."""
    text = path.read_text()
    assert text.count(before) == 1, (path, before)
    path.write_text(text.replace(before, after))


def main() -> None:
    grow(AREAS, CREATE, CREATE.replace("\n\n\n", "\n    surveyed: str = 'next'\n\n\n"))
    grow(AREAS, 'aoi_created"):\n    pass\n', 'aoi_created"):\n    surveyed: str = "next"\n')
    grow(STREAMS, '("evt.>",), 30 * DAY', '("evt.>",), 31 * DAY')
    grow(STREAMS, "MAX_MESSAGE_BYTES = 2 * MIB", "MAX_MESSAGE_BYTES = 3 * MIB")
    room = os.environ["ROOM"]
    versions = OWN / room / "migrations/versions"
    head = max(path.name for path in versions.glob("[0-9]*.py"))[:4]
    revision = versions / "9000_next_release.py"
    revision.write_text(REVISION.format(head=head, table=TABLES[room]))
    for path in (AREAS, STREAMS, revision):
        assert compileall.compile_file(path, quiet=1, force=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)


main()
