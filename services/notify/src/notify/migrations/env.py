from kit.db.migrations import run_env
from notify.annotations import tables as annotations  # noqa: F401
from notify.banners import tables as banners  # noqa: F401  (registers the tables)
from notify.channels.samples import tables as samples  # noqa: F401
from notify.channels.series import tables as series  # noqa: F401
from notify.dashboards import tables as dashboards  # noqa: F401
from notify.kpi import tables as kpi  # noqa: F401
from notify.mails import tables as mails  # noqa: F401
from notify.notifications import tables as notifications  # noqa: F401
from notify.projections import tables as projections  # noqa: F401
from notify.tables import Base
from notify.user_state import tables as user_state  # noqa: F401
from notify.webhooks import tables as webhooks  # noqa: F401

run_env(Base.metadata)
