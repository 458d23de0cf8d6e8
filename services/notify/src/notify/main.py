from kit.app import Service
from kit.ids import Ids
from notify import accounts, handlers, reactions
from notify.banners import handlers as banners
from notify.kpi import handlers as kpi
from notify.kpi import heal
from notify.settings import Settings
from notify.smtp import LogMailer, SmtpMailer
from notify.userstate import handlers as userstate
from notify.webhooks import due
from notify.webhooks import handlers as webhooks
from notify.webhooks.calls import Calls
from notify.webhooks.seal import Seal
from notify.webhooks.sending import Sending


def build(settings: Settings) -> Service:
    mailer = LogMailer() if settings.debug else SmtpMailer(settings)
    routers = [
        handlers.router, reactions.router, accounts.router, banners.router, userstate.router, webhooks.router,
        kpi.router,
    ]  # fmt: skip
    loops = [due.handed_out, due.pruned, heal.healed]
    service = Service("notify", settings, routers=routers, provides=[mailer, settings, Seal(settings)], loops=loops)
    service.provides.append(Ids(service.db))
    return service


def build_worker(settings: Settings) -> Service:
    """It alone calls addresses, so it alone needs an HTTP client."""
    from notify.webhooks.http import HttpLine

    service, line = build(settings), HttpLine(settings.outbound_allow)
    service.provides += [line, Sending(line, Seal(settings), Ids(service.db), Calls())]
    return service
