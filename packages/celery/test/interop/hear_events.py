"""Hears events with Python's own receiver, and prints each with what Python's State makes of it, as a line of JSON."""
import json

from interop_tasks import app

state = app.events.State()


def say(value):
    print(json.dumps(value, default=str), flush=True)


def hear(event):
    said = dict(event)
    state.event(event)
    alive = sorted(worker.hostname for worker in state.alive_workers())
    task = state.tasks[said['uuid']].state if 'uuid' in said else None
    say({'event': said, 'alive': alive, 'task': task})


with app.connection_for_read() as connection:
    receiver = app.events.Receiver(connection, handlers={'*': hear})
    receiver.on_consume_ready = lambda *args, **kwargs: say({'ready': True})
    receiver.capture(limit=None, timeout=None, wakeup=False)
