from contracts.notify.channels import RecordSamples
from kit.messaging.router import Router
from kit.messaging.tx import Tx
from notify.channels.recorder import usecases
from notify.channels.settings import ChannelSettings

router = Router("notify")


@router.on(RecordSamples)
async def record_samples(command: RecordSamples, tx: Tx, settings: ChannelSettings) -> dict[str, int]:
    return await usecases.record_samples(command, tx, settings)
