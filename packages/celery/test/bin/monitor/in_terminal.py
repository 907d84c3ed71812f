"""Runs a command in a terminal of 100 columns and 24 rows, whose screen it writes to stdout, and does what it is told,
one JSON object a line: {"keys": "j"}, {"resize": [rows, columns]}, {"signal": 15}. When the command ends it writes to
stderr, as JSON, how it ended and whether the terminal is as it was.
"""
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def resize(terminal, rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


terminal, child_side = pty.openpty()
resize(terminal, 24, 100)
before = termios.tcgetattr(child_side)
pid = os.fork()
if pid == 0:
    os.close(terminal)
    os.login_tty(child_side) if hasattr(os, 'login_tty') else None
    if not hasattr(os, 'login_tty'):
        os.setsid()
        fcntl.ioctl(child_side, termios.TIOCSCTTY, 0)
        for descriptor in range(3):
            os.dup2(child_side, descriptor)
    os.execvp(sys.argv[1], sys.argv[1:])


def obey(line):
    order = json.loads(line)
    if 'keys' in order:
        os.write(terminal, order['keys'].encode())
    if 'resize' in order:
        resize(terminal, *order['resize'])
    if 'signal' in order:
        os.kill(pid, order['signal'])


child = os.pidfd_open(pid)
orders = b''
while True:
    ready, _, _ = select.select([terminal, sys.stdin.fileno(), child], [], [])
    if terminal in ready:
        os.write(sys.stdout.fileno(), os.read(terminal, 65536))
    elif child in ready:
        break
    elif sys.stdin.fileno() in ready:
        said = os.read(sys.stdin.fileno(), 65536)
        if not said:
            os.kill(pid, signal.SIGKILL)
        *lines, orders = (orders + said).split(b'\n')
        for line in lines:
            obey(line)

_, status = os.waitpid(pid, 0)
restored = termios.tcgetattr(child_side)[:4] == before[:4]
print(json.dumps({'code': os.waitstatus_to_exitcode(status), 'restored': restored}), file=sys.stderr)
