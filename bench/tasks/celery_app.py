"""What Python's worker imports; celery-app.ts is the same in TypeScript."""

import os

from celery import Celery

app = Celery("bench", broker=os.environ["BENCH_BROKER"], backend=os.environ["BENCH_BACKEND"])
app.conf.task_default_queue = os.environ["BENCH_QUEUE"]


@app.task(name="bench.noop")
def noop(value):
    return value
