"""One open stream of samples: what was missed, then what comes, until it ends."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from nats.aio.msg import Msg

from contracts.notify.samples import SUBJECT
from contracts.streams import CHANNELS
from gateway.streaming.frames import RESYNC, SseEvent, retry
from gateway.streaming.replay import Missed, replay
from gateway.streaming.sample_frames import Channel, mentions, position, samples_by_channel, samples_event
from gateway.streaming.sample_hub import SampleHub
from gateway.streaming.stream import current
from kit.messaging.bus import Bus

MOST, MOST_SCANNED = 10_000, 50_000
"""Events and messages that are read again for one reader."""


@dataclass(frozen=True)
class StreamRequest:
    """What a reader asks for: `key` is the person or the network address, who may have `most` streams open; `after` is
    the sequence of the last message that the page had."""

    key: str
    channels: frozenset[Channel]
    most: int
    after: int | None
    default_backend: str


async def sample_frames(hub: SampleHub, bus: Bus, request: StreamRequest) -> AsyncIterator[bytes]:
    """Subscribes before it reads what was missed, so that nothing lies between; what arrives both ways is sent once.
    Raises RateLimited, Unavailable."""
    with hub.subscribe(request.key, request.channels, request.most) as reader:
        await hub.consume(bus, request.default_backend)
        start = hub.feed.last
        yield retry()
        past = [] if request.after is None else await replay(bus, _missed(request), request.after)
        if past is None:
            yield RESYNC
        seen = start if past is None or request.after is None else request.after
        if seen == start:
            yield position(start)
        for event in past or ():
            seen = event.sequence or seen
            yield event.frame
        async for frame in current(reader, seen):
            yield frame


def _missed(request: StreamRequest) -> Missed:
    names = {name for _, name, _ in request.channels}

    def event(msg: Msg) -> SseEvent | None:
        if not mentions(msg.data, names):
            return None
        found = samples_by_channel(msg.data, request.channels, request.default_backend)
        return samples_event(found, request.channels, msg.metadata.sequence.stream)

    return Missed(CHANNELS.name, (SUBJECT,), event, MOST, MOST_SCANNED)
