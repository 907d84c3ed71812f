"""The Python side of the tests that talk to Python Celery: an app with tasks, and a client that does as it is told.

A worker imports this module (`celery -A interop_tasks worker`); run as a program it is the client: it reads one
command a line, as JSON, and answers each with a line.
"""
import datetime
import decimal
import json
import os
import sys
import uuid

from celery import Celery, chord
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded
from celery.result import AsyncResult

BROKER = os.environ.get('BROKER_URL') or os.environ['AMQP_URL']
PREFIX = {'global_keyprefix': os.environ['PREFIX']}
#: What the values in an expression of `send` may be.
NAMES = {name: getattr(datetime, name) for name in ('date', 'datetime', 'time', 'timedelta', 'timezone')}
NAMES |= {'Decimal': decimal.Decimal, 'UUID': uuid.UUID}

app = Celery('interop', broker=BROKER, backend=os.environ['RESULT_BACKEND'])
app.conf.update(
    task_default_queue=os.environ['QUEUE'],
    broker_transport_options=PREFIX if BROKER.startswith('redis') else {},
    result_backend_transport_options=PREFIX | json.loads(os.environ.get('RESULT_OPTIONS', '{}')),
    broker_connection_retry_on_startup=True,
    result_expires=60,
    **json.loads(os.environ.get('SETTINGS', '{}')),
)


class PaymentError(Exception):
    """Of a class and a module that nobody else has."""


@app.task(name='py.add')
def add(x, y=10):
    return x + y


@app.task(name='py.echo', bind=True)
def echo(self, *args, **kwargs):
    return {'args': args, 'kwargs': kwargs, 'headers': self.request.headers, 'retries': self.request.retries}


@app.task(name='py.values')
def values(*args):
    """What it was given, and what Python took it for."""
    return {'given': args, 'types': [type(arg).__name__ for arg in args], 'reprs': [repr(arg) for arg in args]}


@app.task(name='py.request', bind=True)
def request(self):
    names = ['id', 'root_id', 'parent_id', 'correlation_id', 'reply_to', 'eta', 'expires', 'timelimit', 'shadow']
    names += ['ignore_result', 'argsrepr', 'kwargsrepr', 'origin', 'hostname', 'delivery_info', 'group_index']
    return {name: getattr(self.request, name) for name in names}


@app.task(name='py.fail')
def fail(text):
    raise ValueError(text, 3)


@app.task(name='py.fail_with_own')
def fail_with_own():
    try:
        {}['missing']
    except KeyError as error:
        raise PaymentError('declined', {'code': 51}) from error


@app.task(name='py.retry', bind=True, max_retries=2)
def retry(self, times):
    if self.request.retries < times:
        self.retry(countdown=0.05, exc=ConnectionError('not yet'))
    return self.request.retries


@app.task(name='py.send_event', bind=True)
def send_event(self):
    self.send_event('task-halfway', done=5)


@app.task(name='py.retry_later', bind=True)
def retry_later(self):
    self.retry(countdown=600, exc=ConnectionError('not yet'))


@app.task(name='py.reject')
def reject():
    raise Reject('not mine', requeue=False)


@app.task(name='py.ignore', bind=True)
def ignore(self):
    self.update_state(state='PROGRESS', meta={'done': 1, 'total': 2})
    raise Ignore()


@app.task(name='py.spin', track_started=True)
def spin():
    while True:
        pass


@app.task(name='py.catch_soft_limit')
def catch_soft_limit():
    try:
        spin()
    except SoftTimeLimitExceeded:
        return 'caught'


@app.task(name='py.call', bind=True)
def call(self, name, queue, *args):
    return app.send_task(name, args=args, queue=queue).id


def describe(thrown):
    return {'class': type(thrown).__name__, 'module': type(thrown).__module__, 'text': str(thrown)}


def send(name, queue, expression=None, **options):
    """`expression` gives the arguments in Python's words, where JSON has none."""
    if expression is not None:
        options['args'] = eval(expression, NAMES)
    return {'id': app.send_task(name, queue=queue, **options).id}


def send_chord(header, body):
    """Each call as name, arguments and queue."""
    tasks = [app.signature(name, args=args, queue=queue) for name, args, queue in [*header, body]]
    return {'id': chord(tasks[:-1])(tasks[-1]).id}


def get(task_id):
    try:
        return {'value': AsyncResult(task_id, app=app).get(timeout=30)}
    except Exception as thrown:
        return {'state': AsyncResult(task_id, app=app).state, 'error': describe(thrown)}


def get_reprs(task_id):
    return {'reprs': [repr(value) for value in AsyncResult(task_id, app=app).get(timeout=30)]}


def state(task_id):
    result = AsyncResult(task_id, app=app)
    return {'state': result.state, 'info': describe(result.info)}


def info(task_id):
    """Everything that is stored."""
    result = AsyncResult(task_id, app=app)
    names = ['state', 'result', 'traceback', 'name', 'args', 'kwargs', 'worker', 'retries', 'queue']
    told = {name: getattr(result, name) for name in names}
    return {**told, 'children': [str(child) for child in result.children or []], 'done': bool(result.date_done)}


def revoke(task_id, terminate=True, **options):
    app.control.revoke(task_id, terminate=terminate, **options)
    return {}


def ping(**options):
    return {'replies': app.control.ping(timeout=30, **options)}


def store(task_id, value, serializer):
    """Keeps a result as an app with another `result_serializer` would."""
    other = Celery('other', backend=os.environ['RESULT_BACKEND'])
    other.conf.update(result_backend_transport_options=PREFIX, result_serializer=serializer, result_expires=60)
    other.conf.accept_content = [serializer]
    other.backend.store_result(task_id, value, 'SUCCESS')
    return {}


COMMANDS = {
    command.__name__: command for command in (send, send_chord, get, get_reprs, state, info, revoke, ping, store)
}

if __name__ == '__main__':
    for line in sys.stdin:
        options = json.loads(line)
        answer = COMMANDS[options.pop('command')](**options)
        print(json.dumps(answer, default=repr), flush=True)
    os._exit(0)  # results that nobody waited for would connect once more while Python takes itself down
