/** Range requests, https://www.rfc-editor.org/rfc/rfc9110#name-range-requests */

/** From `start` up to but not including `end`. */
export interface Slice {
  readonly start: number
  readonly end: number
}

/**
 * Which part of `size` bytes a Range header asks for. `undefined` stands for all of it: no header, another unit than
 * bytes, several ranges at once or nonsense, all of which a server may ignore. `'unsatisfiable'` is a 416.
 */
export function readRange(header: string | undefined, size: number): Slice | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? '') ?? []
  if (first === undefined || last === undefined || first + last === '') return undefined
  if (first === '') {
    const suffix = Math.min(Number(last), size)
    return suffix === 0 ? 'unsatisfiable' : { start: size - suffix, end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) }
}
