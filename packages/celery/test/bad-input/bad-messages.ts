import { deflateSync } from 'node:zlib'
import type { Payload } from '@voice-pocket/kombu'

export interface BadMessage {
  readonly what: string
  /** What is wrong with it; the rest is a good call of `add` with that id. */
  readonly payload: (id: string) => Partial<Payload>
  /** Why it is a dead letter, and its task FAILURE. */
  readonly reason: RegExp
  /** It does not say whose result somebody may wait for. */
  readonly isAnonymous?: boolean
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const MIB = 1024 * 1024

/** Headers that name the task, and one that is wrong. */
function header(what: string, wrong: Readonly<Record<string, unknown>>, reason: RegExp): BadMessage {
  return { what, payload: (id) => ({ headers: { task: 'add', id, ...wrong } }), reason }
}

function body(what: string, value: unknown, reason: RegExp): BadMessage {
  return { what, payload: () => ({ body: Buffer.isBuffer(value) ? value : json(value) }), reason }
}

function content(what: string, payload: Partial<Payload>, reason: RegExp): BadMessage {
  return { what, payload: () => payload, reason }
}

function compressed(what: string, compression: string, bytes: Buffer, reason: RegExp): BadMessage {
  return {
    what,
    payload: (id) => ({ headers: { task: 'add', id, compression }, body: bytes }),
    reason,
  }
}

/** A part of a canvas; `embed` is what a message has beside its arguments. */
function canvas(what: string, embed: Readonly<Record<string, unknown>>, reason: RegExp): BadMessage {
  return body(what, [[1, 2], {}, embed], reason)
}

const signature = (more: object = {}) => ({ task: 'add', args: [], kwargs: {}, options: {}, ...more })

/** A callback of a callback of a callback … */
const deeply = Array.from({ length: 300 }).reduce<object>(
  (inner) => signature({ options: { link: [inner] } }),
  signature(),
)

export const BAD_MESSAGES: readonly BadMessage[] = [
  // whose task nobody has
  header('an unknown task', { task: 'no.such' }, /never registered/),
  header('a task that is no property of a table', { task: 'constructor' }, /never registered/),

  // that cannot be opened
  content('pickle', { contentType: 'application/x-python-serialize' }, /refused content of type pickle/),
  content('yaml', { contentType: 'application/x-yaml' }, /refused content of type yaml/),
  content('msgpack, which is not accepted here', { contentType: 'application/x-msgpack' }, /add "msgpack"/),
  content(
    'a content type that nobody knows',
    { contentType: 'application/xml' },
    /refused .* application\/xml/,
  ),
  content('no content type', { contentType: undefined }, /must be \[args, kwargs, embed\]/),
  content('text', { contentType: 'text/plain' }, /must be \[args, kwargs, embed\]/),
  content(
    'a charset that nobody knows',
    { contentEncoding: 'klingon' },
    /unknown content encoding "klingon"/,
  ),
  body('half a JSON text', Buffer.from('[[1,'), /not valid JSON/),
  body('nothing', Buffer.alloc(0), /not valid JSON/),
  body('bytes that are no text', Buffer.from([0x5b, 0xff, 0xfe]), /not valid utf-8 text/),
  body('more than a message may have', Buffer.alloc(64 * MIB + 1, ' '), /larger than 67108864 bytes/),
  compressed('a compression that nobody knows', 'x-rar', json([]), /unknown compression "x-rar"/),
  compressed(
    'a compression that Node does not have',
    'application/x-bz2',
    json([]),
    /bzip2 .* not available/,
  ),
  compressed(
    'what is not compressed, but says so',
    'application/x-gzip',
    json([]),
    /is not application\/x-gzip/,
  ),
  compressed('half of what was compressed', 'zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4]), /is not zstd/),
  compressed(
    'a bomb: little that becomes much',
    'application/x-gzip',
    deflateSync(Buffer.alloc(65 * MIB)),
    /larger than 67108864 bytes/,
  ),

  // of another form
  body('a list that is too short', [1], /must be \[args, kwargs, embed\]/),
  body('a number', 5, /must be \[args, kwargs, embed\]/),
  body('arguments that are no list', [{ x: 1 }, {}, {}], /must have a list of arguments/),
  body('keyword arguments that are no object', [[], [1], {}], /'kwargs' .* must be an object/),
  body('a canvas that is no object', [[], {}, 'x'], /'embed' .* must be an object/),
  body(
    'a value of an unknown type',
    [[{ __type__: 'set', __value__: '1' }], {}, {}],
    /unknown __type__ "set"/,
  ),

  // headers that are missing, or of a wrong type
  { ...header('no id', { id: undefined }, /needs 'id'/), isAnonymous: true },
  { ...header('an id that is a number', { id: 5 }, /needs 'id' as a string; it has 5/), isAnonymous: true },
  { ...header('an empty id', { id: '' }, /needs 'id'/), isAnonymous: true },
  header('a task that is a number', { task: 5 }, /needs 'task' as a string; it has 5/),
  header('a task that is null', { task: null }, /needs 'task'/),
  header('an empty task', { task: '' }, /needs 'task'/),
  header('retries that are no number', { retries: 'many' }, /'retries' .* must be a whole number/),
  header('retries and a half', { retries: 1.5 }, /'retries' .* must be a whole number/),
  header('a time limit that is no number', { timelimit: ['long', null] }, /'timelimit' .* seconds/),
  header('a negative time limit', { timelimit: [-1, null] }, /'timelimit' .* seconds/),
  header('time limits that are no list', { timelimit: 'long' }, /'timelimit' .* must be a list/),
  header('a place in a group that is no number', { group_index: 'first' }, /'group_index' .* whole number/),
  header('stamps that are a text', { stamps: 'x' }, /'stamps' .* must be an object/),
  header('a nesting that is no number', { replaced_task_nesting: 'x' }, /'replaced_task_nesting' .* whole/),

  // times that are none
  header('an eta in words', { eta: 'soon' }, /'eta' .* must be a time in ISO 8601; it is "soon"/),
  header('an eta that is a number', { eta: 5 }, /'eta' .* must be a time in ISO 8601; it is 5/),
  header('an eta on a day that does not exist', { eta: '2026-02-30T00:00:00Z' }, /'eta' .* ISO 8601/),
  header('an eta at an hour that does not exist', { eta: '2026-02-20T25:00:00Z' }, /'eta' .* ISO 8601/),
  header(
    'an expiry in words',
    { expires: 'never' },
    /'expires' .* must be a time in ISO 8601; it is "never"/,
  ),
  header('an expiry that is an object', { expires: {} }, /'expires' .* must be a time in ISO 8601/),

  // a canvas that cannot be followed
  canvas(
    'a callback without a task',
    { callbacks: [{}] },
    /'task' of a signature must be the name of a task/,
  ),
  canvas('a callback that is a text', { callbacks: ['add'] }, /A signature in a canvas must be an object/),
  canvas('callbacks that are no list', { callbacks: signature() }, /'callbacks' .* must be a list/),
  canvas('a chain of numbers', { chain: [5] }, /A signature in a canvas must be an object/),
  canvas('a chain that is no list', { chain: 'add' }, /'chain' .* must be a list/),
  canvas('an errback that is a number', { errbacks: [5] }, /A signature in a canvas must be an object/),
  canvas('a chord that is a number', { chord: 5 }, /A signature in a canvas must be an object/),
  canvas('callbacks of callbacks, without end', { callbacks: [deeply] }, /nested more than 200 deep/),

  // that are for somebody else
  {
    what: 'plain JSON',
    payload: () => ({ headers: {}, body: json({ type: 'ETL' }) }),
    reason: /neither the header 'task'/,
    isAnonymous: true,
  },
  {
    what: 'plain text',
    payload: () => ({
      headers: {},
      contentType: undefined,
      contentEncoding: undefined,
      body: Buffer.from('hi'),
    }),
    reason: /no task message/,
    isAnonymous: true,
  },
  {
    what: 'a call of protocol 1 at a time beyond all numbers',
    payload: (id) => ({
      headers: {},
      body: Buffer.from(`{"task": "add", "id": "${id}", "eta": 12345678901234567890}`),
    }),
    reason: /'eta' .* ISO 8601; it is 12345678901234567890n/,
    isAnonymous: true,
  },
  {
    what: 'a call of protocol 1 whose arguments are a text',
    payload: (id) => ({ headers: {}, body: json({ task: 'add', id, args: 'ab' }) }),
    reason: /'args' .* must be a list/,
  },
]

/** What some client may write beside `task` and `id`, and no harm comes of it. */
export const ODD_HEADERS: readonly {
  readonly what: string
  readonly headers: Readonly<Record<string, unknown>>
}[] = [
  { what: 'nothing but a task and an id', headers: {} },
  { what: 'headers that nobody knows', headers: { 'x-tenant': { deep: [1, 'a', null] }, constructor: 'x' } },
  { what: 'ids that are numbers', headers: { root_id: 5, parent_id: 6, group: 7 } },
  { what: 'empty ids', headers: { root_id: '', parent_id: '', group: '' } },
  { what: 'a language and an origin that are none', headers: { lang: 5, origin: [] } },
  { what: 'an eta that has passed', headers: { eta: '1999-12-31T23:59:59' } },
  { what: 'time limits of 0, which are none', headers: { timelimit: [0, 0] } },
  { what: 'stamps that nobody named', headers: { stamps: { a: 1 }, stamped_headers: 'a' } },
]
