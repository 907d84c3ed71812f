#!/usr/bin/env python3
"""Asks Voice Pocket for speech with nothing but plain JSON on RabbitMQ."""

import argparse
import json
import os
import sys
import uuid

import pika

INPUT = {"exchange": "input.exchange", "queue": "input.queue", "key": "input.key"}
OUTPUT = {"exchange": "output.exchange", "queue": "output.queue", "key": "output.key"}


def main() -> int:
    options = parse_arguments()
    with pika.BlockingConnection(pika.URLParameters(options.url)) as connection:
        channel = connection.channel()
        declare(channel, INPUT)
        declare(channel, OUTPUT)
        # Listening starts before anything is sent, so that no notice can pass by unheard.
        notices = listen(channel) if options.wait else None
        asked = send(channel, options)
        states = wait_for_notices(channel, notices, asked, options.timeout) if notices else {}
    unheard = [name for name, state in states.items() if state is None]
    if unheard:
        print(
            f"{len(unheard)} of {len(asked)} still without a notice after {options.timeout:g} quiet seconds:"
            " is a worker running?",
            file=sys.stderr,
        )
    return 0 if all(state == "SUCCESS" for state in states.values()) else 1


def declare(channel, names) -> None:
    """The worker declares the very same, so either side may start first."""
    channel.exchange_declare(names["exchange"], exchange_type="direct", durable=True)
    channel.queue_declare(names["queue"], durable=True)
    channel.queue_bind(names["queue"], names["exchange"], names["key"])


def listen(channel) -> str:
    """A queue of our own beside output.queue: we hear every notice and take none from anybody else."""
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(queue, OUTPUT["exchange"], OUTPUT["key"])
    return queue


def send(channel, options) -> list[str]:
    # With confirms, basic_publish returns once RabbitMQ has the message, and raises if it can't keep it.
    channel.confirm_delivery()
    properties = pika.BasicProperties(
        content_type="application/json", delivery_mode=pika.DeliveryMode.Persistent
    )
    asked = [str(uuid.uuid4()) for _ in range(options.count)]
    for name in asked:
        message = {"type": "ETL", "uuid": name, "email": options.email, "text": options.text}
        body = json.dumps(message, ensure_ascii=False).encode()
        channel.basic_publish(INPUT["exchange"], INPUT["key"], body, properties, mandatory=True)
        print(name, flush=True)
    return asked


def wait_for_notices(channel, queue, asked, timeout) -> dict[str, str | None]:
    """Prints the notices of what we asked for and returns each one's state: None if `timeout` quiet seconds passed."""
    states = dict.fromkeys(asked)
    missing = len(asked)
    for _method, _properties, body in channel.consume(queue, auto_ack=True, inactivity_timeout=timeout):
        if body is None:
            break
        notice = json.loads(body)
        name = notice["uuid"]
        if name in states and states[name] is None:
            states[name] = notice["state"]
            missing -= 1
            print(json.dumps(notice, ensure_ascii=False), flush=True)
        if missing == 0:
            break
    return states


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", nargs="?", default="안녕하세요. 보이스 포켓입니다.")
    parser.add_argument("--email", default="reader@example.com", help="whose voice it is (default: %(default)s)")
    parser.add_argument("--count", type=int, default=1, help="how many messages to send (default: %(default)s)")
    parser.add_argument("--wait", action="store_true", help="print the notice of each as it comes")
    parser.add_argument(
        "--timeout",
        type=float,
        default=60,
        help="with --wait, give up after so many seconds without a notice (default: %(default)s)",
    )
    parser.add_argument(
        "--url",
        default=os.environ.get("AMQP_URL", "amqp://guest:guest@localhost:5672/"),
        help="RabbitMQ; the environment's AMQP_URL if not given",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
