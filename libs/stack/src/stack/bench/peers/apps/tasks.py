"""The worker of both applications."""

import os

from celery import Celery
from redis import Redis

app = Celery("peers", broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True
redis = Redis.from_url(os.environ["REDIS_URL"])


@app.task
def area_made(area_id: int) -> int:
    return area_id


@app.task
def run(area_id: int) -> None:
    """Says that it has started."""
    redis.rpush("started", area_id)
