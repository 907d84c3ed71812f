"""What Flower is given (`celery -A flower_app flower`): Python's tasks, and the names of those that are not Python's.

It tells where it answers and what it has taken in, a line of JSON each, so that nobody has to ask again and again.
"""
import json

from celery.app.control import Control
from flower.app import Flower
from flower.events import EventsState
from interop_tasks import app


def elsewhere(*args, **kwargs):
    """In TypeScript."""


for name in ('js.add', 'js.fail', 'js.spin'):
    app.task(name=name, typing=False)(elsewhere)


class PatientControl(Control):
    """A second for an answer, as Flower has it, is too short where many tests run at once."""

    def broadcast(self, *args, timeout=20.0, **kwargs):
        return super().broadcast(*args, timeout=timeout, **kwargs)


app.control_cls = PatientControl

start_http_server = Flower.start_http_server
take_in = EventsState.event


def say(value):
    print(json.dumps(value, default=str), flush=True)


def start(flower):
    port = start_http_server(flower)
    say({'ready': True, 'port': port})
    return port


def hear(state, event):
    take_in(state, event)
    said = dict(event)
    alive = sorted(worker.hostname for worker in state.alive_workers())
    task = state.tasks[said['uuid']].state if 'uuid' in said else None
    say({'event': said, 'alive': alive, 'task': task})


Flower.start_http_server = start
EventsState.event = hear
