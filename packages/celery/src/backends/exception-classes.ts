/** Which exception classes exist here, the module and name the wire knows them by, and how they are made again. */
import {
  ContentDisallowed,
  DecodeError,
  EncodeError,
  OperationalError,
  SerializationError,
} from '@voice-pocket/kombu'
import { describeArgs } from '../describe.ts'
import * as celery from '../exceptions.ts'

export type MakeException = (args: readonly unknown[]) => Error

type ErrorClass = abstract new (...args: never[]) => Error

interface MessageErrorClass {
  new (message?: string): Error
}

const modules = new Map<unknown, string>()
const makers = new Map<string, MakeException>()

/**
 * Makes a class known to the result backends, so that `AsyncResult.get()` throws that class and not a RemoteError.
 * With the dotted name of a Python module as `module`, Python clients that imported a class of the same name there
 * get theirs. `make` rebuilds the error from its stored arguments (for most classes: the message).
 */
export function registerException(
  errorClass: ErrorClass,
  make: MakeException,
  { module = 'js', name = errorClass.name }: { module?: string; name?: string } = {},
): void {
  modules.set(errorClass, module)
  makers.set(`${module}.${name}`, make)
}

/** The module a registered class was registered with; a subclass of one is a class of its own. */
export function moduleOf(error: Error): string | undefined {
  return modules.get(error.constructor)
}

export function findExceptionClass(module: string | null, name: string): MakeException | undefined {
  return makers.get(`${module ?? 'js'}.${name}`)
}

/** Whether Python has an exception of this name that can be made of one message and does not end the program. */
export function isPythonBuiltin(name: string): boolean {
  return pythonBuiltins.has(name)
}

const pythonBuiltins: ReadonlySet<string> = new Set([
  ...[
    'ArithmeticError',
    'AssertionError',
    'AttributeError',
    'BlockingIOError',
    'BrokenPipeError',
    'BufferError',
  ],
  ...['ChildProcessError', 'ConnectionAbortedError', 'ConnectionError', 'ConnectionRefusedError'],
  ...['ConnectionResetError', 'EOFError', 'EnvironmentError', 'Exception', 'FileExistsError'],
  ...['FileNotFoundError', 'FloatingPointError', 'IOError', 'ImportError', 'IndentationError', 'IndexError'],
  ...[
    'InterruptedError',
    'IsADirectoryError',
    'KeyError',
    'LookupError',
    'MemoryError',
    'ModuleNotFoundError',
  ],
  ...[
    'NameError',
    'NotADirectoryError',
    'NotImplementedError',
    'OSError',
    'OverflowError',
    'PermissionError',
  ],
  ...['ProcessLookupError', 'RecursionError', 'ReferenceError', 'RuntimeError', 'SyntaxError', 'SystemError'],
  ...['TabError', 'TimeoutError', 'TypeError', 'UnboundLocalError', 'UnicodeError', 'ValueError'],
  ...['ZeroDivisionError', 'Warning', 'UserWarning', 'DeprecationWarning', 'RuntimeWarning'],
])

function fromMessage(errorClass: MessageErrorClass): MakeException {
  return (args) => new errorClass(describeArgs(args))
}

for (const errorClass of [TypeError, SyntaxError, ReferenceError]) {
  registerException(errorClass, fromMessage(errorClass), { module: 'builtins' })
}
for (const errorClass of [Error, RangeError, URIError, EvalError]) {
  registerException(errorClass, fromMessage(errorClass))
}
for (const errorClass of [
  EncodeError,
  DecodeError,
  OperationalError,
  ContentDisallowed,
  SerializationError,
]) {
  registerException(errorClass, fromMessage(errorClass), { module: 'kombu.exceptions' })
}

const celeryClasses = [
  ...[celery.CeleryError, celery.ImproperlyConfigured, celery.SecurityError, celery.TaskPredicate],
  ...[
    celery.Ignore,
    celery.TaskError,
    celery.AlreadyRegistered,
    celery.QueueNotFound,
    celery.IncompleteStream,
  ],
  ...[celery.TimeoutError, celery.MaxRetriesExceededError, celery.TaskRevokedError, celery.InvalidTaskError],
  ...[celery.ChordError, celery.BackendError, celery.BackendGetMetaError, celery.BackendStoreError],
]
for (const errorClass of celeryClasses) {
  registerException(errorClass, fromMessage(errorClass), { module: 'celery.exceptions' })
}
for (const errorClass of [celery.WorkerLostError, celery.Terminated]) {
  registerException(errorClass, fromMessage(errorClass), { module: 'billiard.exceptions' })
}

registerException(celery.Retry, fromMessage(celery.Retry), { module: 'celery.exceptions' })
registerException(
  celery.Reject,
  ([reason, requeue]) => new celery.Reject(reason, { requeue: requeue === true }),
  { module: 'celery.exceptions' },
)
registerException(celery.NotRegistered, ([name]) => new celery.NotRegistered(String(name)), {
  module: 'celery.exceptions',
})
for (const errorClass of [celery.SoftTimeLimitExceeded, celery.TimeLimitExceeded]) {
  const make: MakeException = ([seconds]) => new errorClass(typeof seconds === 'number' ? seconds : undefined)
  registerException(errorClass, make, { module: 'billiard.exceptions' })
}
registerException(celery.ThrownValue, ([value]) => new celery.ThrownValue(value))
