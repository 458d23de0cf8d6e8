from gateway.http.limits import tables as limits  # noqa: F401
from gateway.identity import tables as auth  # noqa: F401  (registers the tables)
from gateway.operations.dead_letters import tables as dead_letters  # noqa: F401
from gateway.tables import Base
from kit.db.migrations import run_env

run_env(Base.metadata)
