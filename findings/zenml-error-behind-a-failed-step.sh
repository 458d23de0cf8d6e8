#!/usr/bin/env bash
# What the caller of a ZenML pipeline learns when a step raises, on the local orchestrator. It depends on the execution
# mode, although in a pipeline of one step after the other all modes run the same steps:
#   - FAIL_FAST: the step's own exception
#   - STOP_ON_FAILURE and CONTINUE_ON_FAILURE: a RuntimeError that names the step, and nothing that leads to the step's
#     exception: neither `__cause__` nor `__context__`. Only the server's record has it, if it could be recorded
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'zenml[local]==0.98.0'
export ZENML_CONFIG_PATH="$folder/zenml" ZENML_ANALYTICS_OPT_IN=false AUTO_OPEN_DASHBOARD=false

mkdir "$folder/work"
cat > "$folder/work/show.py" <<'PYTHON'
import sys
from importlib.metadata import version

from zenml import pipeline, step
from zenml.enums import ExecutionMode


@step(enable_cache=False)
def measure() -> None:
    raise ValueError("The gauge is dry.")


@pipeline
def work() -> None:
    measure()


def error_of(mode: ExecutionMode) -> Exception:
    try:
        work.with_options(execution_mode=mode)()
    except Exception as error:
        return error
    raise SystemExit("the run did not fail")


print("zenml", version("zenml"))
as_stated = True
for mode in ExecutionMode:
    error = error_of(mode)
    print(f"{mode.name}: {error!r}, cause {error.__cause__!r}, context {error.__context__!r}")
    if mode is ExecutionMode.FAIL_FAST:
        as_stated &= repr(error) == "ValueError('The gauge is dry.')"
    else:
        as_stated &= isinstance(error, RuntimeError) and "measure" in str(error)
        as_stated &= error.__cause__ is None and error.__context__ is None
print("as stated" if as_stated else "this has changed")
sys.exit(not as_stated)
PYTHON
cd "$folder/work"
"$folder/venv/bin/python" -W ignore show.py 2>/dev/null
