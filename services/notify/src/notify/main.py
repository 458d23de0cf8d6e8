from functools import partial

from kit.app import Service
from kit.db.ids import IdAllocator
from kit.storage.object_storage import Storage
from notify.annotations import handlers as annotations
from notify.banners import handlers as banners
from notify.bounded_tasks import BoundedTasks
from notify.channels.curves import handlers as curves
from notify.channels.recorder import handlers as recorder
from notify.channels.recorder.consumer import Recorder
from notify.channels.recorder.trim import RecordedSamples
from notify.channels.samples import upkeep
from notify.channels.series import handlers as series
from notify.dashboards import handlers as dashboards
from notify.dashboards import provisioning, sharing_handlers
from notify.dashboards import upkeep as dashboard_upkeep
from notify.dashboards.schema_file import DashboardSchema
from notify.kpi import handlers as kpi
from notify.kpi.jobs import reconcile
from notify.mails import handlers as mails
from notify.mails.jobs import dispatcher as mail_dispatcher
from notify.mails.jobs.delivery import MailDeliveryWorker
from notify.notifications import event_handlers, label_event_handlers
from notify.notifications import handlers as notifications
from notify.pictures import handlers as pictures
from notify.projections import handlers as projections
from notify.settings import Settings
from notify.snapshots import handlers as snapshots
from notify.snapshots import upkeep as snapshot_upkeep
from notify.user_state import handlers as user_state
from notify.webhooks import handlers as webhooks
from notify.webhooks.jobs import dispatcher as webhook_dispatcher
from notify.webhooks.jobs.delivery import WebhookDeliveryWorker
from notify.webhooks.secret_box import SecretBox

WEBHOOKS_AT_ONCE, MAILS_AT_ONCE = 32, 4


def build(settings: Settings) -> Service:
    routers = [
        notifications.router, event_handlers.router, label_event_handlers.router,
        mails.router, banners.router, user_state.router, webhooks.router,
        kpi.router, projections.router, recorder.router, series.router, curves.router, dashboards.router,
        annotations.router, sharing_handlers.router, pictures.router, snapshots.router,
    ]  # fmt: skip
    loops = [
        mail_dispatcher.dispatch_forever, webhook_dispatcher.dispatch_forever, webhook_dispatcher.prune_forever,
        reconcile.reconcile_forever, RecordedSamples().run, upkeep.maintain_forever,
        snapshot_upkeep.clean_forever,
    ]  # fmt: skip
    schema = DashboardSchema(settings)
    loops.append(partial(dashboard_upkeep.clean_forever, settings=settings))
    loops.append(partial(provisioning.provision_forever, settings=settings, schema=schema))
    provides = [settings, SecretBox(settings), schema, Storage(settings)]
    service = Service("notify", settings, routers=routers, provides=provides, loops=loops)
    service.provides.append(IdAllocator(service.db))
    service.consume_raw_batches("samples", Recorder(service.db, settings).record)
    return service


def build_worker(settings: Settings) -> Service:
    """Only the worker calls other servers, so only the worker has clients for HTTP and SMTP."""
    from notify.mails.smtp import LogMailer, SmtpMailer
    from notify.webhooks.jobs.http_client import HttpWebhookClient

    service, client = build(settings), HttpWebhookClient(settings.allow_webhooks)
    mailer = LogMailer() if settings.debug else SmtpMailer(settings)
    tasks = BoundedTasks(WEBHOOKS_AT_ONCE)
    service.provides += [client, WebhookDeliveryWorker(client, SecretBox(settings), IdAllocator(service.db), tasks)]
    service.provides.append(MailDeliveryWorker(mailer, BoundedTasks(MAILS_AT_ONCE), IdAllocator(service.db)))
    return service
