import { resolve } from 'node:path'
import { InvalidValueError } from '../exceptions.ts'
import { maskUrl, parseUrl } from '../url.ts'

/**
 * The file a URL names, by SQLAlchemy's convention: `sqlite:///queue.sqlite` is relative to the working
 * directory, `sqlite:////var/lib/queue.sqlite` is absolute. A query is not part of the path.
 */
export function sqlitePath(url: string): string {
  const { scheme, host, virtualHost } = parseUrl(url)
  if (scheme !== 'sqlite' || host !== undefined || virtualHost === undefined) {
    throw new InvalidValueError(
      `${JSON.stringify(maskUrl(url))} names no database file; ` +
        'write sqlite:///relative.sqlite or sqlite:////absolute/path.sqlite',
    )
  }
  return resolve(virtualHost)
}
