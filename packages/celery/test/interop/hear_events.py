"""Hears events with Python's own receiver, and prints each with what Python's State makes of it, as a line of JSON.

When a worker leaves, it prints a snapshot of all tasks as well, which a camera of Celery's took.
"""
import json

from celery.events.snapshot import Polaroid
from interop_tasks import app

state = app.events.State()


class Camera(Polaroid):
    def on_shutter(self, state):
        self.picture = {
            uuid: [task.name, task.state, task.worker.hostname if task.worker else None]
            for uuid, task in state.tasks.items()
        }


camera = Camera(state, app=app)


def say(value):
    print(json.dumps(value, default=str), flush=True)


def hear(event):
    said = dict(event)
    state.event(event)
    alive = sorted(worker.hostname for worker in state.alive_workers())
    task = state.tasks[said['uuid']].state if 'uuid' in said else None
    heard = {'event': said, 'alive': alive, 'task': task}
    if said['type'] == 'worker-offline':
        camera.capture()
        heard['snapshot'] = camera.picture
    say(heard)


with app.connection_for_read() as connection:
    receiver = app.events.Receiver(connection, handlers={'*': hear})
    receiver.on_consume_ready = lambda *args, **kwargs: say({'ready': True})
    receiver.capture(limit=None, timeout=None, wakeup=False)
