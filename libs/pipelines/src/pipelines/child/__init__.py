"""The process of one run, the only code that imports zenml.

`python -m pipelines.child SPEC.json` starts the run that the file (a RunSpec as JSON) describes. `--warm FOLDER`
imports zenml, signs in, and waits on stdin for one line `{"spec": path, "report": path}`.

Environment: FAIR_ZENML_STORE_URL, FAIR_ZENML_STORE_API_KEY, FAIR_ZENML_STACK, FAIRWAY_MODELS_PATH (folder that holds
the package `models`; default: the current one), FAIRWAY_PRELOAD (modules of plug-ins, separated by blanks, that a
warm child imports in advance), FAIRWAY_REPORT (file or FIFO for the report lines; default: none).
Exit codes: 0 completed, 1 failed, 2 stopped, 3 bad spec.
The last report is `{"type": "end", "status", "reason", "run_id", "cause"}`.
"""
