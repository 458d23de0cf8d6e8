from kit.migrations import run_env
from training.tables import Base

run_env(Base.metadata)
