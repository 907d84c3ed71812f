#!/usr/bin/env python3
"""Starts the worker's text_to_speech task from Python Celery and prints what it returns: the sound's key."""

import argparse
import os
import sys
import uuid

from celery import Celery
from celery.exceptions import TimeoutError

app = Celery(
    "voice_pocket_client",
    broker=os.environ.get("CELERY_BROKER_URL", "amqp://guest:guest@localhost:5672//"),
    backend=os.environ.get("CELERY_RESULT_BACKEND", "redis://localhost:6379/0"),
)


def main() -> str | None:
    """Returns what went wrong, if anything did."""
    options = parse_arguments()
    kwargs = {"uuid": options.uuid, "email": options.email, "text": options.text}
    if options.language:
        kwargs["language"] = options.language
    # By name: the task itself lives in the worker, in another language.
    result = app.send_task("text_to_speech", kwargs=kwargs)
    print(f"task {result.id}", file=sys.stderr)
    try:
        print(result.get(timeout=options.timeout, on_message=show))
    except TimeoutError:
        # Left pending, it would be unsubscribed from Redis while Python is already shutting down.
        app.backend.remove_pending_result(result)
        return f"No result for {options.timeout:g} s: is a worker running?"
    except Exception as reason:  # Whatever the task raised in the worker is raised here again.
        return f"The task failed: {reason!r}"
    return None


def show(meta: dict) -> None:
    if meta["status"] == "PROGRESS":
        print(f"progress {meta['result']}", file=sys.stderr)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("text", nargs="?", default="안녕하세요. 보이스 포켓입니다.")
    parser.add_argument("--email", default="reader@example.com", help="whose voice it is (default: %(default)s)")
    parser.add_argument("--uuid", default=str(uuid.uuid4()), help="what to call the result (default: a new one)")
    parser.add_argument("--language", help="such as ko or en (default: told from the text's script)")
    parser.add_argument("--timeout", type=float, default=60, help="seconds to wait (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
