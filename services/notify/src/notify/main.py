from kit.app import Service
from kit.ids import Ids
from notify import accounts, handlers, reactions
from notify.banners import handlers as banners
from notify.settings import Settings
from notify.smtp import LogMailer, SmtpMailer
from notify.userstate import handlers as userstate


def build(settings: Settings) -> Service:
    mailer = LogMailer() if settings.debug else SmtpMailer(settings)
    routers = [handlers.router, reactions.router, accounts.router, banners.router, userstate.router]
    service = Service("notify", settings, routers=routers, provides=[mailer, settings])
    service.provides.append(Ids(service.db))
    return service
