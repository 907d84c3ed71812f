/** Messages nobody can serve, and why: run against the handlers alone, and against every broker. */
import { deflateSync } from 'node:zlib'
import type { MalformedReason } from '../src/malformed-reasons.ts'

export const UUID = '2f1f0f6e-8f0b-4a54-b6a3-1c1d0f3f6a10'
export const EMAIL = 'minji@example.com'
export const MAX_TEXT_LENGTH = 1_000
export const MAX_BODY_BYTES = 20_000

export interface MalformedCase {
  readonly name: string
  readonly reason: MalformedReason
  readonly body: Buffer
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly headers?: Record<string, unknown>
  /** Whether the sender's uuid can be read in spite of all, and a notice must come. */
  readonly notice: boolean
}

const GOOD = { type: 'ETL', uuid: UUID, email: EMAIL, text: 'Hello.' }

export function goodMessage(fields: object = {}): Buffer {
  return json({ ...GOOD, ...fields })
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8')
}

/** As deep as a body of the allowed size can be. */
function nested(field: string, others: object = {}): string {
  const depth = Math.floor(MAX_BODY_BYTES / 2) - 100
  const value = `${'['.repeat(depth)}${']'.repeat(depth)}`
  return JSON.stringify({ ...others, [field]: null }).replace('null', value)
}

/** The good message with one thing wrong. */
function fields(name: string, reason: MalformedReason, change: object, notice = true): MalformedCase {
  return { name, reason, body: goodMessage(change), contentType: 'application/json', notice }
}

function without(field: keyof typeof GOOD): MalformedCase {
  return fields(`no ${field}`, 'missing_field', { [field]: undefined }, field !== 'uuid')
}

function bytes(
  name: string,
  reason: MalformedReason,
  body: Buffer | string,
  labels: Partial<MalformedCase> = {},
): MalformedCase {
  return { name, reason, body: Buffer.from(body), notice: false, ...labels }
}

const label = (contentType: string) =>
  bytes(contentType, 'unsupported_content_type', goodMessage(), { contentType })

export const MALFORMED: readonly MalformedCase[] = [
  // labels
  label('application/x-java-serialized-object'),
  label('application/x-python-serialize'),
  label('application/x-msgpack'),
  label('application/xml; charset=utf-8'),
  label('image/png'),
  bytes('a charset nobody knows', 'unsupported_encoding', goodMessage(), {
    contentType: 'text/plain; charset=klingon',
  }),
  bytes('gzip as content encoding', 'unsupported_encoding', goodMessage(), { contentEncoding: 'gzip' }),
  bytes('a compression that is not there', 'unsupported_encoding', goodMessage(), {
    headers: { compression: 'application/x-bz2' },
  }),
  bytes('what is not compressed at all', 'unsupported_encoding', goodMessage(), {
    headers: { compression: 'application/x-gzip' },
  }),
  bytes('a bomb', 'body_too_large', deflateSync(Buffer.alloc(MAX_BODY_BYTES * 50, ' ')), {
    headers: { compression: 'application/x-gzip' },
  }),
  // bytes
  bytes('nothing', 'empty_body', ''),
  bytes('too many bytes', 'body_too_large', Buffer.alloc(MAX_BODY_BYTES + 1, ' ')),
  bytes('Latin-1 that claims to be UTF-8', 'wrong_encoding', Buffer.from('{"text":"Grüße"}', 'latin1'), {
    contentType: 'application/json; charset=utf-8',
  }),
  bytes('EUC-KR without a label', 'wrong_encoding', Buffer.from([0x22, 0xbe, 0xc8, 0xb3, 0xe7, 0x22])),
  bytes(
    'a serialized Java object without a label',
    'wrong_encoding',
    Buffer.from([0xac, 0xed, 0x00, 0x05, 0x74]),
  ),
  bytes('UTF-16 with half a character', 'wrong_encoding', Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x22])),
  bytes('zero bytes', 'not_json', Buffer.alloc(4)),
  // JSON
  bytes('prose', 'not_json', 'please say hello'),
  bytes('half a message', 'not_json', goodMessage().subarray(0, 40)),
  bytes('single quotes', 'not_json', "{'type': 'ETL'}"),
  bytes('two messages in one', 'not_json', Buffer.concat([goodMessage(), goodMessage()])),
  bytes('NaN', 'not_json', '{"rate": NaN}'),
  bytes('a form', 'not_json', `type=ETL&uuid=${UUID}`, { contentType: 'text/plain' }),
  bytes('a string of prose', 'not_json', '"please say hello"'),
  bytes('a list', 'not_an_object', '[]'),
  bytes('a task of Celery', 'not_an_object', '[["x"], {}, {"chain": null}]', {
    contentType: 'application/json',
  }),
  bytes('null', 'not_an_object', 'null'),
  bytes('a number', 'not_an_object', '42'),
  bytes('a string in a string in a string', 'not_an_object', json(JSON.stringify(JSON.stringify(GOOD)))),
  // type
  without('type'),
  fields('type null', 'missing_field', { type: null }),
  fields('an unknown type', 'unknown_type', { type: 'TTS' }),
  fields('the type in lower case', 'unknown_type', { type: 'etl' }),
  fields('a type that is a number', 'unknown_type', { type: 1 }),
  fields('a type that every object has', 'unknown_type', { type: 'constructor' }),
  fields('a type that cannot be made a string', 'unknown_type', { type: { toString: 1, valueOf: 1 } }),
  bytes('a type nested deeper than any stack', 'unknown_type', nested('type')),
  bytes('a uuid nested deeper than any stack', 'invalid_field', nested('uuid', { type: 'ETL' })),
  // uuid
  without('uuid'),
  fields('uuid null', 'missing_field', { uuid: null }, false),
  fields('a uuid that is a key of somebody else', 'invalid_uuid', { uuid: 'celery-task-meta-1' }, false),
  fields('a uuid without hyphens', 'invalid_uuid', { uuid: UUID.replaceAll('-', '') }, false),
  fields('a uuid with a line break', 'invalid_uuid', { uuid: `${UUID}\n` }, false),
  fields('the nil uuid', 'invalid_uuid', { uuid: '00000000-0000-0000-0000-000000000000' }, false),
  fields('a uuid that is a number', 'invalid_field', { uuid: 12 }, false),
  fields('a uuid that is an object', 'invalid_field', { uuid: { $uuid: UUID } }, false),
  // addresses
  without('email'),
  fields('email null and nothing else', 'missing_field', { email: null }),
  fields('only requestFrom', 'missing_field', { email: undefined, requestFrom: EMAIL }),
  fields('only requestTo', 'missing_field', { email: undefined, requestTo: EMAIL }),
  fields('an empty email', 'invalid_email', { email: '' }),
  fields('an email without @', 'invalid_email', { email: 'minji' }),
  fields('an email without a domain', 'invalid_email', { email: 'minji@' }),
  fields('an email without a dot', 'invalid_email', { email: 'minji@localhost' }),
  fields('an email with two @', 'invalid_email', { email: 'a@b@example.com' }),
  fields('an email with a name', 'invalid_email', { email: 'Minji <minji@example.com>' }),
  fields('an email with a zero byte', 'invalid_email', { email: 'min\0ji@example.com' }),
  fields('an email that climbs out of its folder', 'invalid_email', { email: '../../etc/passwd' }),
  fields('an email that is far too long', 'invalid_email', { email: `${'a'.repeat(65)}@example.com` }),
  fields('a list of emails', 'invalid_field', { email: [EMAIL] }),
  fields('a bad requestTo', 'invalid_email', { email: undefined, requestFrom: EMAIL, requestTo: 'somebody' }),
  fields('an email and somebody else', 'ambiguous_email', {
    requestFrom: 'jisu@example.com',
    requestTo: EMAIL,
  }),
  // text
  without('text'),
  fields('text null', 'missing_field', { text: null }),
  fields('no letters in the text', 'empty_text', { text: '' }),
  fields('only blanks', 'empty_text', { text: ' \t\r\n\u3000\u00a0' }),
  fields('only invisible characters', 'empty_text', { text: '\u200b\ufeff\u200d\0' }),
  fields('a text that is too long', 'text_too_long', { text: 'a'.repeat(MAX_TEXT_LENGTH + 1) }),
  fields('too many emoji', 'text_too_long', { text: '🙂'.repeat(MAX_TEXT_LENGTH + 1) }),
  fields('half an emoji', 'invalid_text', { text: 'hello \ud83d' }),
  fields('a text that is a number', 'invalid_field', { text: 42 }),
  fields('a text in pieces', 'invalid_field', { text: ['Hello', 'you'] }),
  fields('SSML that is a text', 'invalid_ssml', { input_type: 'ssml', text: 'Hello & goodbye' }),
  fields('SSML that defines something', 'invalid_ssml', {
    input_type: 'ssml',
    text: '<!DOCTYPE speak [<!ENTITY a "ha">]><speak>&a;</speak>',
  }),
  fields('SSML with sound from elsewhere', 'invalid_ssml', {
    input_type: 'ssml',
    text: '<speak><audio src="http://example.com/a.wav"/></speak>',
  }),
  // options
  fields('a text in a markup nobody knows', 'invalid_option', { input_type: 'html' }),
  fields('a rate in words', 'invalid_option', { rate: 'fast' }),
  fields('a rate out of bounds', 'invalid_option', { rate: 100 }),
  fields('a negative volume', 'invalid_option', { volume: -1 }),
  fields('a pitch that is a list', 'invalid_option', { pitch: [1] }),
  fields('a priority in words', 'invalid_option', { priority: 'high' }),
  fields('a priority that is no whole number', 'invalid_option', { priority: 4.5 }),
  fields('a priority above the highest', 'invalid_option', { priority: 10 }),
  fields('a language that is none', 'invalid_option', { language: 'Korean (South)' }),
  fields('a voice with a line break', 'invalid_option', { voice: 'f2\nf3' }),
]
