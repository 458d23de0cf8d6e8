from kit.migrations import run_env
from notify.tables import Base

run_env(Base.metadata)
