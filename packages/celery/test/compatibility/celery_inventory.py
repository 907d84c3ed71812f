"""Prints what Python Celery has, as JSON: every setting, task option, way to call, canvas operation and field on the
wire, read out of the package itself. celery-inventory.json is what it printed last; docs/celery-compatibility.md says
of each what becomes of it here.

    python celery_inventory.py > celery-inventory.json
"""
import inspect
import json
import re

import celery
from celery import Celery, canvas
from celery.app import autoretry, defaults
from celery.app.task import Context, Task
from celery.result import AsyncResult, EagerResult, GroupResult, ResultSet

app = Celery('inventory', broker='memory://', backend='cache+memory://')


@app.task(name='t')
def task():
    pass


def public(*owners, beside=()):
    """Names of their own: not those of Python's dict and tuple, nor of `beside`."""
    common = set(dir(dict)) | set(dir(tuple)) | {name for owner in beside for name in dir(owner)}
    return sorted({name for owner in owners for name in dir(owner) if name[0] != '_'} - common)


def parameters(*functions):
    kinds = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return sorted({
        name
        for function in functions
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind not in kinds and name != 'self'
    })


def message():
    """One as it lies in a queue."""
    task.apply_async(headers={}, compression='gzip', expires=60, priority=1)
    with app.connection_for_read() as connection:
        received = connection.default_channel.basic_get('celery', no_ack=True)
        return received, received.decode()


def record():
    """The fields of a result as it is stored."""
    app.conf.result_extended = True
    request = Context(id='x', task='t', args=(), kwargs={}, delivery_info={'routing_key': 'q'}, group='g')
    request.update(parent_id='p', stamped_headers=['s'], stamps={'s': 1})
    app.backend.store_result('x', 1, 'SUCCESS', request=request)
    stored = json.loads(app.backend.get(app.backend.get_key_for_task('x')))
    return stored.keys() - {'s'}


received, (_args, _kwargs, embed) = message()
properties = {*received.properties, 'content_type', 'content_encoding'} - {'body_encoding', 'delivery_info', 'delivery_tag'}

print(json.dumps({
    'celery': celery.__version__,
    'settings': sorted(name for name, _option in defaults.flatten(defaults.NAMESPACES)),
    'task': sorted({*public(Task), *re.findall(r"options\.get\(\s*'(\w+)'", inspect.getsource(autoretry))}),
    'calling': parameters(task.apply_async, app.send_task, app.amqp.send_task_message),
    'retrying': parameters(task.retry),
    'request': public(Context),
    'canvas': sorted({*canvas.__all__, *public(canvas.Signature, canvas._chain, canvas.group, canvas._chord, canvas.chunks)}),
    'results': public(AsyncResult, ResultSet, GroupResult, EagerResult),
    'headers': sorted(received.headers),
    'properties': sorted(properties),
    'embed': sorted(embed),
    'record': sorted(record()),
}, indent=2))
