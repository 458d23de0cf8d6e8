"""Runs of model plug-ins on ZenML.

Services import `port`, `zenml` and `driver`, which speak to ZenML by HTTP and to the run by a child process. Only `child`, which is
started as a process of its own, imports the zenml package (100 MB of memory, 2 to 4 s).
"""
