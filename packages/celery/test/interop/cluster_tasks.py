"""The Python side of the mixed cluster: the tasks that cluster-app.ts has, too, and a client that sends many.

A worker imports this module (`celery -A cluster_tasks worker`); run as a program it is the client: it reads one
command a line, as JSON, and answers each with a line.
"""
import json
import os
import sys

from celery import Celery, chain, chord, group
from celery.result import GroupResult

BROKER = os.environ['BROKER_URL']
PREFIX = os.environ['PREFIX']
KEYS = {'global_keyprefix': PREFIX}

app = Celery('cluster', broker=BROKER, backend=os.environ['RESULT_BACKEND'])
app.conf.update(
    task_default_queue=os.environ['QUEUE'],
    broker_transport_options=KEYS if BROKER.startswith('redis') else {},
    result_backend_transport_options=KEYS,
    broker_connection_retry_on_startup=True,
    result_expires=300,
)


def note(request):
    """Each run, by its task and by its worker."""
    with app.backend.client.pipeline(transaction=False) as pipeline:
        pipeline.hincrby(f'{PREFIX}runs', request.id)
        pipeline.hincrby(f'{PREFIX}workers', request.hostname)
        pipeline.execute()


@app.task(name='cluster.add', bind=True)
def add(self, x, y):
    note(self.request)
    return x + y


@app.task(name='cluster.total', bind=True)
def total(self, numbers):
    note(self.request)
    return sum(numbers)


def canvases(n):
    """One of each kind; cluster-app.ts has the same."""
    header = [add.s(n, 1), add.s(n, 2), add.s(n, 3)]
    return [
        chain(add.s(n, 1), add.s(2), add.s(3)),
        group(header),
        chord(header, total.s()),
        chain(add.s(n, 1), group(add.s(1), add.s(2)), total.s(), add.s(10)),
    ]


sent = []


def send_calls(count):
    sent.extend(add.delay(n, 1) for n in range(count))
    return True


def send_canvases(count):
    sent.extend(canvas.delay() for n in range(count // 4) for canvas in canvases(n))
    return True


def get():
    """The values of what was sent, in its order. A GroupResult as a whole would take half a second, done or not."""
    values = [
        [part.get(timeout=90) for part in result] if isinstance(result, GroupResult) else result.get(timeout=90)
        for result in sent
    ]
    sent.clear()
    return values


if __name__ == '__main__':
    for line in sys.stdin:
        options = json.loads(line)
        command = {'send_calls': send_calls, 'send_canvases': send_canvases, 'get': get}[options.pop('command')]
        print(json.dumps({'answer': command(**options)}), flush=True)
    os._exit(0)  # results that nobody waited for would connect once more while Python takes itself down
