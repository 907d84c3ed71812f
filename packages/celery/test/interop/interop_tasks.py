"""The Python side of the tests that talk to Python Celery: an app with tasks, and a client that does as it is told.

A worker imports this module (`celery -A interop_tasks worker`); run as a program it is the client: it reads one
command a line, as JSON, and answers each with a line.
"""
import json
import os
import sys

from celery import Celery
from celery.result import AsyncResult

app = Celery('interop', broker=os.environ['AMQP_URL'], backend=os.environ['RESULT_BACKEND'])
app.conf.update(
    task_default_queue=os.environ['QUEUE'],
    result_backend_transport_options={'global_keyprefix': os.environ['PREFIX']},
    broker_connection_retry_on_startup=True,
    result_expires=60,
)


@app.task(name='py.add')
def add(x, y=10):
    return x + y


@app.task(name='py.echo', bind=True)
def echo(self, *args, **kwargs):
    return {'args': args, 'kwargs': kwargs, 'headers': self.request.headers, 'retries': self.request.retries}


@app.task(name='py.fail')
def fail(text):
    raise ValueError(text, 3)


def describe(thrown):
    return {'class': type(thrown).__name__, 'module': type(thrown).__module__, 'text': str(thrown)}


def do(command, task_id=None, **options):
    if command == 'send':
        name, queue = options.pop('name'), options.pop('queue')
        return {'id': app.send_task(name, queue=queue, **options).id}
    if command == 'get':
        try:
            return {'value': AsyncResult(task_id, app=app).get(timeout=30)}
        except Exception as thrown:
            return {'state': AsyncResult(task_id, app=app).state, 'error': describe(thrown)}
    if command == 'state':
        result = AsyncResult(task_id, app=app)
        return {'state': result.state, 'info': describe(result.info)}
    if command == 'revoke':
        app.control.revoke(task_id, terminate=True, **options)
        return {}
    if command == 'ping':
        return {'replies': app.control.ping(timeout=30, **options)}
    raise KeyError(command)


if __name__ == '__main__':
    for line in sys.stdin:
        print(json.dumps(do(**json.loads(line))), flush=True)
