"""The Python side of the tests of the Redis transport: Kombu as it is told, one JSON command a line, one answer each.

`celery -A kombu_peer worker` imports it as an app, for remote control.
"""
import contextlib
import json
import os
import socket
import sys

from celery import Celery
from kombu import Connection, Exchange, Producer, Queue

URL = os.environ['REDIS_URL']
OPTIONS = json.loads(os.environ['TRANSPORT_OPTIONS'])

app = Celery('peer', broker=URL)
app.conf.update(broker_transport_options=OPTIONS, broker_connection_retry_on_startup=True)

connection = Connection(URL, transport_options=OPTIONS)
held = {}


def declared(name, exchange='', type='direct', routing_key='', **options):
    queue = Queue(name, Exchange(exchange, type), routing_key, **options)
    queue(connection.default_channel).declare()
    return queue


def publish(body, exchange='', type='direct', routing_key='', **options):
    producer = Producer(connection.default_channel, Exchange(exchange, type))
    producer.publish(body, routing_key=routing_key, **options)


def declare(**options):
    declared(**options)


def consume(count, acknowledge=True, **options):
    """What arrives; what is not acknowledged is held by its delivery tag."""
    received = []

    def on_message(message):
        received.append(message)
        if acknowledge:
            message.ack()
        else:
            held[message.delivery_tag] = message

    with connection.Consumer(declared(**options), on_message=on_message, auto_declare=False):
        # Kombu subscribes to broadcasts when it drains for the first time.
        with contextlib.suppress(socket.timeout):
            connection.drain_events(timeout=0.1)
        tell('consuming')
        while len(received) < count:
            connection.drain_events(timeout=15)
    return [
        {
            'body': message.payload,
            'headers': message.headers,
            'delivery_info': message.delivery_info,
            'content_type': message.content_type,
            'properties': message.properties,
        }
        for message in received
    ]


def restore_visible():
    """The sweep that each of Kombu's workers does now and then."""
    connection.default_channel.qos.restore_visible(num=None, interval=1)


def ping(**options):
    return app.control.ping(**options)


def tell(value):
    print(json.dumps(value), flush=True)


if __name__ == '__main__':
    tell('ready')
    commands = {f.__name__: f for f in (publish, declare, consume, restore_visible, ping)}
    for line in sys.stdin:
        order = json.loads(line)
        tell({'answer': commands[order.pop('command')](**order)})
    os._exit(0)
