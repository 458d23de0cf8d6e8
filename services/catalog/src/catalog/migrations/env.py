from catalog.areas import tables as areas  # noqa: F401  (registers the tables)
from catalog.datasets import tables as datasets  # noqa: F401
from catalog.models import tables as models  # noqa: F401
from catalog.stac import tables as stac  # noqa: F401
from catalog.tables import Base
from kit.migrations import run_env

run_env(Base.metadata)
