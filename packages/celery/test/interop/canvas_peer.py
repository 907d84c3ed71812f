"""The Python side of the tests of canvas: the same tasks as over there, and a client that builds what it is told.

A worker imports this module (`celery -A canvas_peer worker`); run as a program it is the client: it reads one canvas
a line, as JSON, runs it, and answers each with a line.
"""
import itertools
import json
import os
import sys

from celery import Celery, chain, chord, group
from celery.result import GroupResult

PREFIX = {'global_keyprefix': os.environ['PREFIX']}

app = Celery('canvas', broker=os.environ['AMQP_URL'], backend=os.environ['REDIS_URL'])
app.conf.update(
    task_default_queue=os.environ['QUEUE'],
    result_backend_transport_options=PREFIX,
    broker_connection_retry_on_startup=True,
    result_expires=60,
)


@app.task(name='canvas.add')
def add(x, y):
    return x + y


@app.task(name='canvas.total')
def total(numbers):
    return sum(numbers)


@app.task(name='canvas.echo')
def echo(value):
    return value


@app.task(name='canvas.list')
def list_(*values):
    return values


@app.task(name='canvas.boom')
def boom(*values):
    raise TypeError('boom')


@app.task(name='canvas.see', bind=True)
def see(self, *args):
    request = self.request
    return {
        'id': request.id,
        'root': request.root_id,
        'parent': request.parent_id,
        'group': request.group,
        'index': request.group_index,
        'args': args,
    }


@app.task(name='canvas.become', bind=True)
def become(self, x, what):
    if what == 'task':
        return self.replace(add.s(x, 1))
    if what == 'chain':
        return self.replace(chain(add.s(x, 1), add.s(10)))
    if what == 'group':
        return self.replace(group(add.s(x, 1), add.s(x, 2)))
    return self.replace(chain(group(add.s(x, 1), add.s(x, 2)), total.s()))


@app.task(name='canvas.grow', bind=True)
def grow(self, x):
    self.add_to_chord(add.si(x, 100))
    return x


@app.task(name='canvas.stamps', bind=True)
def stamps(self, *before):
    return [*before, self.request.stamps]


@app.task(name='canvas.blame')
def blame(request, error, traceback):
    told = [request.id, type(error).__name__, str(error), 'boom' in str(traceback)]
    app.send_task('canvas.note', [told], queue=os.environ['OURS'])


def build(spec, queues):
    """`['chain', …]`, `['group', …]`, `['chord', [header…], body]`, or `[task, arguments…]`."""
    kind, *parts = spec
    if kind == 'chain':
        return chain([build(part, queues) for part in parts])
    if kind == 'group':
        return group([build(part, queues) for part in parts])
    if kind == 'chord':
        header, body = parts
        return chord([build(part, queues) for part in header], build(body, queues))
    if kind == 'link':
        callback = build(parts[1], queues).set(task_id=parts[2])
        signature = build(parts[0], queues)
        signature.link(callback)
        return signature
    if kind == 'onError':
        errback = build(parts[1], queues)
        return build(parts[0], queues).on_error(errback.set(task_id=parts[2]) if parts[2:] else errback)
    if kind == 'stamp':
        signature = build(parts[0], queues)
        signature.stamp(**parts[1])
        return signature
    if kind == 'map':
        return app.tasks[parts[0]].map(parts[1]).set(queue=next(queues))
    if kind == 'starmap':
        return app.tasks[parts[0]].starmap(parts[1]).set(queue=next(queues))
    return app.tasks[kind].s(*parts).set(queue=next(queues))


def run(spec, queues):
    result = build(spec, itertools.cycle(queues)).apply_async()
    ids = [each.id for each in result] if isinstance(result, GroupResult) else [result.id]
    try:
        return {'ids': ids, 'value': result.get(timeout=20)}
    except Exception as error:
        return {'ids': ids, 'error': type(error).__name__, 'message': str(error)}


if __name__ == '__main__':
    for line in sys.stdin:
        print(json.dumps(run(*json.loads(line))), flush=True)
    os._exit(0)  # results that are collected while the interpreter ends complain about it
