"""Python's `celery` command in one process, for starting it takes long: it reads the arguments of a command a line, in
JSON, and answers each with its exit code and its stdout.
"""
import contextlib
import io
import json
import sys

from celery.bin.celery import celery

for line in sys.stdin:
    code, out = 0, io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            celery(json.loads(line)['args'], prog_name='celery', auto_envvar_prefix='CELERY')
        except SystemExit as end:
            code = end.code or 0
    print(json.dumps({'code': code, 'stdout': out.getvalue()}), flush=True)
