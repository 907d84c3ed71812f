import { resolve } from 'node:path'
import { InvalidValueError } from '../exceptions.ts'

const SCHEME = /^sqlite:\/\/\//

/**
 * The file a URL names, by SQLAlchemy's convention: `sqlite:///queue.sqlite` is relative to the working
 * directory, `sqlite:////var/lib/queue.sqlite` is absolute. Query and fragment are not part of the path.
 */
export function sqlitePath(url: string): string {
  const path = SCHEME.test(url) ? url.replace(SCHEME, '').replace(/[?#].*$/s, '') : ''
  if (path === '') {
    throw new InvalidValueError(
      `The URL '${url}' names no database file; write sqlite:///relative.sqlite or sqlite:////absolute/path.sqlite`,
    )
  }
  return resolve(decode(path, url))
}

function decode(path: string, url: string): string {
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new InvalidValueError(`The URL '${url}' has a broken %-escape; write a literal '%' as '%25'`, {
      cause,
    })
  }
}
