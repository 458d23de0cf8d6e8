from kit.db.migrations import run_env
from prediction.feedback import tables as feedback  # noqa: F401  (registers the tables)
from prediction.mapswipe import tables as mapswipe  # noqa: F401
from prediction.projections import tables as projections  # noqa: F401
from prediction.runs import tables as runs  # noqa: F401
from prediction.tables import Base

run_env(Base.metadata)
