"""Python's own `celery` command, one run after the other without a new Python for each.

It reads one run a line, as JSON, and answers each with a line: exit code, stdout and stderr.
"""
import contextlib
import io
import json
import sys
import traceback

from celery.bin.celery import celery


def run(args):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            celery.main(args=['-A', 'interop_tasks', *args], prog_name='celery')
            code = 0
        except SystemExit as end:
            code = end.code or 0
        except Exception:  # as Python itself ends a program
            traceback.print_exc()
            code = 1
    return {'code': code, 'stdout': out.getvalue(), 'stderr': err.getvalue()}


if __name__ == '__main__':
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line)['args'])), flush=True)
