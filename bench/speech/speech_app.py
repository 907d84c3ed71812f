"""A worker that has espeak-ng speak a text into a file."""
import os
import subprocess

from celery import Celery

app = Celery("bench", broker=os.environ["BENCH_BROKER"], backend=os.environ["BENCH_BACKEND"])
app.conf.task_default_queue = os.environ["BENCH_QUEUE"]


@app.task(name="bench.speak")
def speak(text, path):
    command = ["espeak-ng", "-v", "en-us", "--stdin", "-w", path]
    subprocess.run(command, input=text.encode(), check=True)
    return path
