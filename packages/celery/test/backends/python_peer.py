"""Python Celery on the same result backend: one JSON command per line in, one JSON answer per line out.

    python python_peer.py BACKEND_URL KEY_PREFIX
"""
import json
import os
import sys

from celery import Celery
from celery.exceptions import WorkerLostError

app = Celery('peer', broker='memory://', backend=sys.argv[1])
app.conf.result_expires = 60
app.conf.result_backend_transport_options = {'global_keyprefix': sys.argv[2]}


def get(task_id):
    """What `AsyncResult.get()` returns or raises in a Python client."""
    result = app.AsyncResult(task_id)
    try:
        return {'state': 'SUCCESS', 'value': result.get(timeout=20)}
    except Exception as exc:
        return {
            'state': result.state,
            'type': type(exc).__name__,
            'module': type(exc).__module__,
            'args': list(exc.args),
            'traceback': result.traceback,
        }


def meta(task_id):
    result = app.AsyncResult(task_id)
    return {'state': result.state, 'info': result.info, 'children': [str(child) for child in result.children or []]}


def succeed(task_id):
    app.backend.mark_as_done(task_id, {'by': 'Python'})


def fail(task_id):
    app.backend.mark_as_failure(task_id, WorkerLostError('gone'), traceback='Traceback: here')


for line in sys.stdin:
    command, task_id = json.loads(line)
    print(json.dumps({'get': get, 'meta': meta, 'succeed': succeed, 'fail': fail}[command](task_id)), flush=True)

os._exit(0)  # results that are collected while the interpreter ends complain about it
