"""The worker of both applications."""

import os

from celery import Celery

app = Celery("peers", broker=os.environ["REDIS_URL"])
app.conf.task_ignore_result = True


@app.task
def area_made(area_id: int) -> int:
    return area_id
