/** What callers are told of an error that ended their request. Where our parts are is for the log, which has it all. */

/** Their words are for operators, with names of buckets, folders and servers in them. */
const AWAY: Readonly<Record<string, string>> = {
  StorageError: 'the storage',
  StorageKeyError: 'the storage',
  StoredObjectNotFoundError: 'the storage',
  RecordsUnavailableError: 'the records',
  IndexUnavailableError: 'the index',
  BackendError: 'the results',
  OperationalError: 'the broker',
}

/** Addresses with a scheme, with a port or of numbers, and absolute paths. */
const PLACES = [
  /\b[a-z][a-z0-9+.-]*:\/{1,3}[^\s"'`,;)>\]]+/gi,
  /\bENOTFOUND [^\s"'`,;)>\]]+/g,
  /\b\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?\b/g,
  /\b(?=[\w.-]*[a-z])[\w.-]+:\d{2,5}\b/gi,
  /(?<![\w</])(?:\/[\w.@%~+-]+){2,}\/?/g,
  /\b[a-z]:\\[^\s"'`,;)>\]]+/gi,
]

export interface ToldError {
  readonly title: string
  readonly detail: string
}

export function toldError({ name, message }: Pick<Error, 'name' | 'message'>): ToldError {
  const away = Object.hasOwn(AWAY, name) ? AWAY[name] : undefined
  if (away !== undefined) {
    return {
      title: name,
      detail: `A part of the service failed: ${away}. Try again later; the log says more.`,
    }
  }
  const detail = PLACES.reduce((text, place) => text.replace(place, '(address)'), message)
  return { title: name, detail }
}
