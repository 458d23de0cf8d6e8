from gateway.auth import tables as auth  # noqa: F401  (registers the tables)
from gateway.dead_letters import tables as dead_letters  # noqa: F401
from gateway.limits import tables as limits  # noqa: F401
from gateway.tables import Base
from kit.migrations import run_env

run_env(Base.metadata)
