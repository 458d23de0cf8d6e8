from kit.migrations import run_env
from notify.banners import tables as banners  # noqa: F401  (registers the tables)
from notify.kpi import tables as kpi  # noqa: F401
from notify.tables import Base
from notify.userstate import tables as userstate  # noqa: F401
from notify.webhooks import tables as webhooks  # noqa: F401

run_env(Base.metadata)
