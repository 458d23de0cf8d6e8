from kit.app import Service
from kit.ids import Ids
from notify import accounts, handlers, reactions
from notify.banners import handlers as banners
from notify.calls import Calls
from notify.kpi import handlers as kpi
from notify.kpi import heal
from notify.mails import due as mails
from notify.mails.sending import Mailing
from notify.settings import Settings
from notify.userstate import handlers as userstate
from notify.webhooks import due as webhook_rows
from notify.webhooks import handlers as webhooks
from notify.webhooks.seal import Seal
from notify.webhooks.sending import Sending

WEBHOOKS_AT_ONCE, MAILS_AT_ONCE = 32, 4


def build(settings: Settings) -> Service:
    routers = [
        handlers.router, reactions.router, accounts.router, banners.router, userstate.router, webhooks.router,
        kpi.router,
    ]  # fmt: skip
    loops = [mails.handed_out, webhook_rows.handed_out, webhook_rows.pruned, heal.healed]
    service = Service("notify", settings, routers=routers, provides=[settings, Seal(settings)], loops=loops)
    service.provides.append(Ids(service.db))
    return service


def build_worker(settings: Settings) -> Service:
    """It alone calls others, so it alone needs clients for HTTP and SMTP."""
    from notify.mails.smtp import LogMailer, SmtpMailer
    from notify.webhooks.http import HttpLine

    service, line = build(settings), HttpLine(settings.outbound_allow)
    mailer = LogMailer() if settings.debug else SmtpMailer(settings)
    service.provides += [line, Sending(line, Seal(settings), Ids(service.db), Calls(WEBHOOKS_AT_ONCE))]
    service.provides.append(Mailing(mailer, Calls(MAILS_AT_ONCE)))
    return service
