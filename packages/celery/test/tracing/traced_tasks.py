"""The Python side of the tests of traces: tasks and a client, both instrumented by OpenTelemetry's own package.

A worker imports this module (`celery -A traced_tasks worker`); run as a program it is a client that reads one command
a line, as JSON, and answers each with a line.
"""
import json
import os
import sys

from celery import Celery
from opentelemetry import trace
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
CeleryInstrumentor().instrument()

BROKER = os.environ['BROKER_URL']
PREFIX = {'global_keyprefix': os.environ['PREFIX']}

app = Celery('traced', broker=BROKER, backend=os.environ['RESULT_BACKEND'])
app.conf.update(
    task_default_queue=os.environ['QUEUE'],
    broker_transport_options=PREFIX if BROKER.startswith('redis') else {},
    result_backend_transport_options=PREFIX,
    broker_connection_retry_on_startup=True,
    result_expires=60,
)


@app.task(name='py.traced')
def traced():
    """Which trace it runs in, and which span sent it."""
    span = trace.get_current_span()
    parent = span.parent
    return {
        'trace': trace.format_trace_id(span.get_span_context().trace_id),
        'parent': trace.format_span_id(parent.span_id) if parent else None,
    }


@app.task(name='js.traced')
def theirs(name):
    """So that it can be called as a task: the instrumentation ends no span of a name that it does not know."""


def send(name, queue, args=()):
    result = app.tasks[name].apply_async(args=args, queue=queue)
    result.get(timeout=30)
    [sent] = exporter.get_finished_spans()
    exporter.clear()
    context = sent.get_span_context()
    return {
        'name': sent.name,
        'attributes': sorted(sent.attributes),
        'trace': trace.format_trace_id(context.trace_id),
        'span': trace.format_span_id(context.span_id),
    }


COMMANDS = {'send': send}

if __name__ == '__main__':
    for line in sys.stdin:
        options = json.loads(line)
        answer = COMMANDS[options.pop('command')](**options)
        print(json.dumps(answer, default=repr), flush=True)
    os._exit(0)
