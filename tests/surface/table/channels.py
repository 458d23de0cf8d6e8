"""Channels and annotations: what everybody may read, and only operators write."""

from tests.surface.expected import Row

BEGIN = 1_767_225_600_000
CURVE = {"channel_name": "surface/none", "begin_time": BEGIN, "end_time": BEGIN + 1000, "num_bins": 5}
SAMPLE = {"name": "surface/sample", "ts": str(BEGIN * 1_000_000), "value": 0.5}
NO_CHANNEL = f"channel_name=surface/none&begin_time={BEGIN}&end_time={BEGIN + 1000}"
NO_EVENTS = "channelName=surface/none&begDate=2026-01-01&endDate=2026-01-02"
NOWHERE = "no channel has this name"

ROWS = [
    Row("POST /api/v1/annotations", body={"begin": BEGIN, "text": "New imagery", "tags": ["imagery"]}),
    Row("POST /api/v1/channels/curves", body={"curves": [CURVE]}),
    Row("POST /api/v1/maintenance/channels/samples", body={"samples": [SAMPLE]}),
    Row("GET /api/v1/channels/curve", query=NO_CHANNEL, done=404, why=NOWHERE),
    Row("GET /api/v1/channels/picture", query="channel_name=surface/none&begin_time=1&end_time=2"),
    Row("GET /api/v1/channels/events", query=NO_EVENTS, done=404, why=NOWHERE),
    Row("GET /api/v1/channels/stream", query="channel_name=surface/none", done=404, why=NOWHERE),
]
