/**
 * Names for folders and files made out of whatever an e-mail address or a uuid turned out to be.
 * 1. Two different texts never share a name, not even where upper and lower case, or composed and decomposed
 *    letters, are the same file: a name has only lower-case ASCII.
 * 2. No name is `.`, `..`, hidden, empty, reserved by Windows or too long for a file system, and none has a separator.
 * 3. An ordinary lower-case e-mail address is its own name.
 */
import { createHash } from 'node:crypto'

/** Most file systems stop at 255 bytes; the rest is left for endings. */
const MAX_BYTES = 200
const PREFIX_BYTES = 100
const SAFE = /^[a-z0-9@._+-]$/
/** Windows keeps these for devices, whatever ending they have. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/

/** Where a finished speech is stored. */
export function speechKey(email: string, uuid: string): string {
  return `${safeName(email)}/${safeName(uuid)}.wav`
}

/** Where the times of a sound are stored: beside it. */
export function captionsKey(sound: string): string {
  return sound.replace(/\.wav$/, '.json')
}

/** Where a sound of this generation is stored in another format, or at another sample rate. */
export function encodingKey(
  sound: string,
  { generation, extension, sampleRate }: { generation: string; extension: string; sampleRate?: number },
): string {
  const name = createHash('sha256').update(generation).digest('hex').slice(0, 16)
  return sound.replace(/\.wav$/, `@${name}${sampleRate === undefined ? '' : `-${sampleRate}`}.${extension}`)
}

/** Where a part of a sound is stored until all of it is there. */
export function partKey(sound: string, index: number): string {
  return sound.replace(/\.wav$/, `.parts/${String(index).padStart(5, '0')}.wav`)
}

/** Where what is said of a long text is stored until all of it is spoken: beside the parts. */
export function scriptKey(sound: string): string {
  return sound.replace(/\.wav$/, '.parts/script.jsonl')
}

/** Where what is known of somebody's voice is stored. */
export function voiceKey(email: string): string {
  return `${safeName(email)}/voice.json`
}

/** Where everything is stored that is somebody's. */
export function folderOf(email: string): string {
  return `${safeName(email)}/`
}

/** Where a recording of somebody's voice is stored, and what they sent, if they want it kept. */
export function recordingKey(email: string, id: string): string {
  return `${folderOf(email)}recordings/${safeName(id)}.wav`
}

export function originalKey(email: string, id: string): string {
  return `${folderOf(email)}recordings/${safeName(id)}.original`
}

/** Where a part is kept that may be asked for again; all that is made with somebody's voice is in their folder. */
export function cachedPartKey(email: string, hash: string): string {
  return `${folderOf(email)}cache/${hash}.wav`
}

function safeName(text: string): string {
  // `~` is not among the safe characters, so no other text leads to a name that has one.
  if (text === '') return '~'
  const characters = [...text]
  const parts = characters.map((character, index) => {
    const isEnd = index === 0 || index === characters.length - 1
    return SAFE.test(character) && !(character === '.' && isEnd) ? character : escaped(character)
  })
  const whole = parts.join('')
  const name = whole.length > MAX_BYTES ? `${prefix(parts)}~${hash(text)}` : whole
  return RESERVED.test(name) ? escaped(String(text[0])) + name.slice(1) : name
}

function escaped(character: string): string {
  const code = Number(character.codePointAt(0))
  // Half of a surrogate pair has no bytes in UTF-8; all of them would become the same replacement character.
  if (code >= 0xd800 && code <= 0xdfff) return `%u${code.toString(16)}`
  return Buffer.from(character).toString('hex').replace(/../g, '%$&')
}

/** The beginning, for people who look into the folder, without half an escape at its end. */
function prefix(parts: readonly string[]): string {
  let name = ''
  for (const part of parts) {
    if (name.length + part.length > PREFIX_BYTES) break
    name += part
  }
  return name
}

function hash(text: string): string {
  return createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex')
}
