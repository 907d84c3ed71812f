/**
 * What an API key looks like: `vp_<id>_<secret>`. The id names the key in lists and logs; only the secret opens.
 *
 * Of the secret no more is kept than its SHA-256. A slow hash with a salt is for what people think of, which can be
 * guessed; 256 random bits cannot, and a slow hash would only make every request slow.
 */
import { createHash, randomInt, timingSafeEqual } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_LENGTH = 12
/** 62^43 is above 2^256. */
const SECRET_LENGTH = 43
const SHAPE = new RegExp(`^vp_([0-9A-Za-z]{${ID_LENGTH}})_([0-9A-Za-z]{${SECRET_LENGTH}})$`)

export interface KeySecret {
  readonly id: string
  readonly secret: string
}

export function newKeySecret(): KeySecret {
  return { id: randomText(ID_LENGTH), secret: randomText(SECRET_LENGTH) }
}

/** All of it: shown once, to the one who made it. */
export function printKey({ id, secret }: KeySecret): string {
  return `${keyPrefix(id)}_${secret}`
}

/** The part that may be shown. */
export function keyPrefix(id: string): string {
  return `vp_${id}`
}

/** `undefined` for anything that is no key, or not a whole one. */
export function readKey(text: string): KeySecret | undefined {
  const [, id, secret] = SHAPE.exec(text) ?? []
  return id === undefined || secret === undefined ? undefined : { id, secret }
}

/** The id of a key, of its prefix, or an id. */
export function readKeyId(text: string): string {
  return readKey(text)?.id ?? text.replace(/^vp_/, '')
}

/** Whether the text was meant to be a key. */
export function looksLikeKey(text: string): boolean {
  return text.startsWith('vp_')
}

export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Takes as long for a secret that is wrong at its beginning as for one that is wrong at its end. */
export function secretMatches(secret: string, hash: string): boolean {
  const [given, kept] = [hashSecret(secret), hash].map((text) => Buffer.from(text))
  return given !== undefined && kept?.length === given.length && timingSafeEqual(given, kept)
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}
