from catalog.tables import metadata
from kit.db.migrations import run_env

run_env(metadata)
