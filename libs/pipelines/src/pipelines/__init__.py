"""Runs of model plug-ins on ZenML.

Services import `port`, `zenml`, `driver` and `launcher`, which speak to ZenML by HTTP and to the run by a child
process. Only `child`, which is started as a process of its own, imports the zenml package (100 MB, 2 to 4 s).
"""
