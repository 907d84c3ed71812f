/**
 * Exceptions on the wire, as Celery's `prepare_exception` and `exception_to_python` have them:
 * `{ exc_type, exc_message: [...args], exc_module }`.
 *
 * `exc_module` decides what Python makes of it: in a module it has imported it looks the class up, otherwise it
 * makes a class of that name. So it is `builtins` for names of Python's own exceptions that take one message
 * (a JavaScript TypeError becomes Python's), Celery's module for Celery's, and `js`, which nobody can import,
 * for everything else (RangeError, ENOENT, a program's own classes).
 */
import { types } from 'node:util'
import { describe } from '../describe.ts'
import {
  CeleryError,
  RemoteError,
  type RemoteErrorRecord,
  RemoteTraceback,
  ThrownValue,
} from '../exceptions.ts'
import { findExceptionClass, isPythonBuiltin, moduleOf } from './exception-classes.ts'

export interface ExceptionRecord {
  readonly exc_type: string
  readonly exc_message: readonly unknown[]
  readonly exc_module: string
}

/** Turns whatever was thrown into a record. `isEncodable` says whether a value survives the serializer; never throws. */
export function encodeException(thrown: unknown, isEncodable: (value: unknown) => boolean): ExceptionRecord {
  try {
    const error = isError(thrown) ? thrown : new ThrownValue(thrown)
    const type = typeName(error)
    return {
      exc_type: type,
      exc_message: argsOf(error).map((value) =>
        isEncodable(value) ? value : describe(value).toWellFormed(),
      ),
      exc_module: moduleName(error, type),
    }
  } catch {
    // An Error whose own fields throw when they are read: a trap in the task's code must not hide its failure.
    return { exc_type: 'ThrownValue', exc_message: [describe(thrown).toWellFormed()], exc_module: 'js' }
  }
}

/** Makes an error of what a record holds; whatever it holds, the answer is an Error. Its cause is where it was thrown. */
export function decodeException(record: unknown, traceback: string | null): Error {
  const parts = { ...readRecord(record), traceback }
  const error = makeKnown(parts) ?? new RemoteError(parts)
  if (traceback !== null) {
    const value = new RemoteTraceback(traceback)
    Object.defineProperty(error, 'cause', { value, configurable: true, writable: true })
  }
  return error
}

function makeKnown({ excModule, excType, excMessage }: RemoteErrorRecord): Error | undefined {
  try {
    return findExceptionClass(excModule, excType)?.(excMessage)
  } catch {
    return undefined // a class that cannot be made of these arguments: the failure must be told all the same
  }
}

/** The text stored beside an exception: its stack, with the stacks of its causes. */
export function tracebackOf(thrown: unknown): string | null {
  try {
    return isError(thrown) ? stacks(thrown, new Set()).join('\n\nCaused by: ') : null
  } catch {
    return null // a stack that throws when it is read
  }
}

function stacks(error: Error, seen: Set<unknown>): string[] {
  seen.add(error)
  const own = typeof error.stack === 'string' ? error.stack : `${typeName(error)}: ${error.message}`
  const { cause } = error
  if (cause === undefined || seen.has(cause)) return [own]
  return [own, ...(isError(cause) ? stacks(cause, seen) : [describe(cause)])]
}

/** Errors of another realm (`node:vm`) are no `instanceof Error`, and DOMException is no native error. */
function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error
}

/** A class that never set its `name` inherits 'Error'; then the name of the class says more. */
function typeName(error: Error): string {
  const own: unknown = error.name
  const name = typeof own === 'string' && own !== '' && own !== 'Error' ? own : error.constructor?.name
  // Python cannot name a class with a null character or half a surrogate pair.
  return typeof name === 'string' && name !== '' ? name.replaceAll('\0', '').toWellFormed() : 'Error'
}

function moduleName(error: Error, type: string): string {
  if (error instanceof RemoteError) return error.excModule ?? 'js'
  return moduleOf(error) ?? (isPythonBuiltin(type) ? 'builtins' : 'js')
}

function argsOf(error: Error): readonly unknown[] {
  return error instanceof CeleryError ? error.args : [error.message]
}

function readRecord(record: unknown): RemoteErrorRecord {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    // Some clients store no exception, or only its text.
    const excMessage = record === null || record === undefined ? ['no exception was stored'] : [record]
    return { excType: 'RemoteError', excModule: null, excMessage }
  }
  const {
    exc_type: type,
    exc_module: module,
    exc_message: message,
  } = record as Partial<Record<string, unknown>>
  return {
    excType: typeof type === 'string' && type !== '' ? type : 'RemoteError',
    excModule: typeof module === 'string' ? module : null,
    excMessage: Array.isArray(message) ? message : message === undefined ? [] : [message],
  }
}
