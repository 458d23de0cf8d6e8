from kit.migrations import run_env
from prediction.runs import tables as runs  # noqa: F401  (registers the tables)
from prediction.tables import Base

run_env(Base.metadata)
