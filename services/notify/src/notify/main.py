from kit.app import Service
from kit.ids import Ids
from notify import handlers, reactions
from notify.settings import Settings
from notify.smtp import LogMailer, SmtpMailer


def build(settings: Settings) -> Service:
    mailer = LogMailer() if settings.debug else SmtpMailer(settings)
    service = Service("notify", settings, routers=[handlers.router, reactions.router], provides=[mailer])
    service.provides.append(Ids(service.db))
    return service
