#!/usr/bin/env bash
# The log of a ZenML step, where ZenML keeps it in the artifact store (its default):
#   - whoever asks for N lines gets the N oldest ones; to begin at the newest, or after a time, is refused. So there is
#     no `tail`, and of a log longer than one answer the end cannot be had at all
#   - a message of more than 5 KiB comes back as several entries with one `id` and a `chunk_index` each, which nobody
#     joins: one line of 12,000 letters is three lines
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'zenml[local]==0.98.0'
export ZENML_CONFIG_PATH="$folder/zenml" ZENML_ANALYTICS_OPT_IN=false AUTO_OPEN_DASHBOARD=false

mkdir "$folder/work"
cat > "$folder/work/show.py" <<'PYTHON'
import logging
import sys
from importlib.metadata import version

from zenml import pipeline, step
from zenml.client import Client
from zenml.log_stores.artifact.artifact_log_store import ArtifactLogStore


@step(enable_cache=False)
def talk() -> None:
    log = logging.getLogger("talk")
    for number in range(300):
        log.info("line %s", number)
    log.info("wide " + "x" * 12_000)


@pipeline
def work() -> None:
    talk()


run = work()
client = Client()
[logs] = [log for log in client.get_pipeline_run(run.id).steps["talk"].log_collection if log.source == "step"]
store = ArtifactLogStore.from_artifact_store(client.active_stack.artifact_store)
everything = store.fetch(logs, limit=10_000).items
first = store.fetch(logs, limit=5).items
pieces = [entry for entry in everything if entry.total_chunks > 1]
try:
    newest = store.fetch(logs, start="newest", limit=5)
except ValueError as error:
    newest = f"ValueError: {error}"
print("zenml", version("zenml"))
print(len(everything), "entries; the last is", everything[-1].message[:40])
print("limit=5:", [entry.message[:40] for entry in first])
print('start="newest":', newest)
print("one message of 12,005 letters:", [(str(entry.id)[:8], entry.chunk_index, len(entry.message)) for entry in pieces])
as_stated = (
    first == everything[:5]
    and str(newest).startswith("ValueError: The artifact log store only reads a log file from its start")
    and [entry.chunk_index for entry in pieces] == [0, 1, 2]
    and len({entry.id for entry in pieces}) == 1
)
print("as stated" if as_stated else "this has changed")
sys.exit(not as_stated)
PYTHON
cd "$folder/work"
"$folder/venv/bin/python" -W ignore show.py 2>/dev/null
