from kit.db.migrations import run_env
from training.projections import tables as projections  # noqa: F401  (registers the tables)
from training.runs import tables as runs  # noqa: F401
from training.tables import Base

run_env(Base.metadata)
