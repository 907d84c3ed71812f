/**
 * The environment becomes one frozen Config; no other setting of this package is read from `process.env`.
 * `SETTINGS` is the single list of what can be set: `--help` and docs/configuration.md are printed from it.
 */

import { availableParallelism } from 'node:os'
import { closestMatch } from 'leven'
import { ACCESS_SETTINGS } from './access/settings.ts'
import { ConfigError } from './exceptions.ts'
import { OPENAI_SETTINGS } from './http/openai/settings.ts'
import { choice, integer, name, type Setting, url, urls } from './setting.ts'
import { STORAGE_SETTINGS } from './storage/settings.ts'

/** AMQP allows 255 bytes for a name (a "shortstr"); blanks and control characters are only ever accidents. */
const AMQP_NAME = /^[^\s\p{C}]{1,255}$/u
const AMQP_RULE = 'a name of 1 to 255 characters without blanks'
const LANGUAGE = /^(auto|[a-z]{2,3}(-[a-z0-9]{1,8})*)$/i
const ENGINE = '[a-z][a-z0-9-]*(=[^,\\s]+)?'
const ENGINE_LIST = new RegExp(`^${ENGINE}(\\s*,\\s*${ENGINE})*$`)
const RESULT_SCHEMES = ['sqlite', 'redis', 'rediss', 'memory'] as const

const amqpName = (env: string, fallback: string, meaning: string) =>
  name(env, fallback, AMQP_NAME, { meaning, rule: AMQP_RULE })

export const SETTINGS = {
  brokerUrl: urls(
    'CELERY_BROKER_URL',
    'sqlite:///data/broker.sqlite',
    ['sqlite', 'amqp', 'amqps', 'redis', 'rediss', 'memory'],
    {
      meaning: 'Where messages wait. Several, separated by `;`, are tried in turn.',
    },
  ),
  resultBackend: url('CELERY_RESULT_BACKEND', 'sqlite:///data/results.sqlite', RESULT_SCHEMES, {
    meaning: 'Where the state and the result of each task are kept.',
  }),
  ...STORAGE_SETTINGS,
  index: url(
    'VOICE_POCKET_INDEX',
    {
      text: '`CELERY_RESULT_BACKEND` when that is Redis, else `sqlite:///data/index.sqlite`',
      from: indexBeside,
    },
    ['sqlite', 'redis', 'rediss'],
    { meaning: "Where the caller's uuid is kept with its task id, and the records: keys, quotas, voices." },
  ),
  resultExpires: integer(
    'VOICE_POCKET_RESULT_EXPIRES',
    0,
    { min: 0, max: 10 * 365 * 86_400 },
    {
      unit: 'seconds',
      meaning:
        'After this time a uuid and its result are forgotten, and the same uuid would be a new request. ' +
        '0 keeps both for ever. The speech itself is kept as VOICE_POCKET_RETENTION says.',
    },
  ),
  host: name('HOST', '127.0.0.1', /^[0-9A-Za-z.:%_-]+$/, {
    meaning: 'Address the HTTP API listens on. Any other than loopback needs authentication; see access.md.',
    rule: 'a host name or an IP address (0.0.0.0 means every network)',
  }),
  port: integer(
    'PORT',
    8080,
    { min: 0, max: 65_535 },
    {
      meaning: 'Port of the HTTP API; 0 takes a free one.',
    },
  ),
  publicUrl: name('VOICE_POCKET_PUBLIC_URL', '', /^https?:\/\/[^\s/]+.*[^/\s]$/i, {
    meaning:
      'Address callers reach the HTTP API under. When set, the `url` in a notice is the audio there; ' +
      'when not, it is where the storage keeps the file.',
    rule: 'a URL that begins with http: or https: and does not end with a slash',
  }),
  ...ACCESS_SETTINGS,
  ...OPENAI_SETTINGS,
  concurrency: integer(
    'VOICE_POCKET_CONCURRENCY',
    { text: 'the number of cores, at least `5`', value: Math.max(5, availableParallelism()) },
    { min: 1, max: 1024 },
    {
      unit: 'processes',
      meaning: 'How many texts are spoken at once, so that a fifth caller waits for none of four.',
    },
  ),
  engines: name('VOICE_POCKET_ENGINES', 'espeak', ENGINE_LIST, {
    meaning:
      'What turns sentences into sound, separated by commas: the first one that has the language and the voice ' +
      'speaks, the next one when it is unavailable. `name=package` and `name=./path` are engines of your own; ' +
      'see engines.md.',
    rule: 'lower-case names of engines, each once',
  }),
  engineSettings: name('VOICE_POCKET_ENGINE_SETTINGS', '', /./s, {
    meaning: 'Options of the engines: a JSON file, or the JSON itself, with an object for each name.',
    rule: 'the path of a JSON file, or JSON that begins with {',
  }),
  engineTimeout: integer(
    'VOICE_POCKET_ENGINE_TIMEOUT',
    120,
    { min: 1, max: 3600 },
    {
      unit: 'seconds',
      meaning:
        'How long an engine may take for one sentence. Its process ends when it does not stop then, ' +
        'and the request is tried again, twice.',
    },
  ),
  warmEngines: integer(
    'VOICE_POCKET_WARM_ENGINES',
    2,
    { min: 1, max: 64 },
    {
      unit: 'engines',
      meaning: 'How many engines each process keeps loaded; the one unused for longest makes room.',
    },
  ),
  cacheSize: integer(
    'VOICE_POCKET_CACHE_SIZE',
    1024,
    { min: 0, max: 1024 * 1024 * 1024 },
    {
      unit: 'MiB',
      meaning:
        'How much of what was spoken is kept, in the storage, so that the same text in the same voice need not be ' +
        'spoken again. 0 keeps nothing.',
    },
  ),
  childMemory: integer(
    'VOICE_POCKET_CHILD_MEMORY',
    2048,
    { min: 0, max: 1024 * 1024 },
    {
      unit: 'MiB',
      meaning: 'A process that speaks is replaced after a request that leaves it with more. 0 means never.',
    },
  ),
  models: name('VOICE_POCKET_MODELS', './data/models', /./, {
    meaning: 'Folder of the models that `voice-pocket models add` gets.',
    rule: 'the path of a folder',
  }),
  language: name('VOICE_POCKET_LANGUAGE', 'auto', LANGUAGE, {
    meaning: 'Language of a text that does not name its own; `auto` goes by its script.',
    rule: 'auto, or a language tag such as ko or en-us',
  }),
  lexicon: name('VOICE_POCKET_LEXICON', '', /^[^\p{Cc}]+$/u, {
    meaning:
      'File that says how particular words are pronounced, for everybody: JSON, or lines of a word, a tab and how it is said.',
    rule: 'the path of a file',
  }),
  maxTextLength: integer(
    'VOICE_POCKET_MAX_TEXT_LENGTH',
    100_000,
    { min: 1, max: 10_000_000 },
    {
      unit: 'characters',
      meaning: 'Longest text that is accepted.',
    },
  ),
  logLevel: choice(
    'VOICE_POCKET_LOG_LEVEL',
    'info',
    ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    {
      meaning: 'Least important line that is logged.',
    },
  ),
  metrics: choice('VOICE_POCKET_METRICS', 'off', ['off', 'on'], {
    meaning: 'Whether the HTTP API answers `GET /metrics`, for Prometheus.',
  }),
  metricsPort: integer(
    'VOICE_POCKET_METRICS_PORT',
    0,
    { min: 0, max: 65_535 },
    {
      meaning:
        'Port of the loopback interface at which a worker answers `GET /metrics`, for one without the HTTP API. ' +
        '0 means it does not.',
    },
  ),
  inputExchange: amqpName(
    'VOICE_POCKET_INPUT_EXCHANGE',
    'input.exchange',
    'Durable direct exchange requests are sent to.',
  ),
  inputQueue: amqpName('VOICE_POCKET_INPUT_QUEUE', 'input.queue', 'Durable queue requests wait in.'),
  inputKey: amqpName('VOICE_POCKET_INPUT_KEY', 'input.key', 'Routing key between the two.'),
  outputExchange: amqpName(
    'VOICE_POCKET_OUTPUT_EXCHANGE',
    'output.exchange',
    'Durable direct exchange notices are sent to.',
  ),
  outputQueue: amqpName('VOICE_POCKET_OUTPUT_QUEUE', 'output.queue', 'Durable queue notices wait in.'),
  outputKey: amqpName('VOICE_POCKET_OUTPUT_KEY', 'output.key', 'Routing key between the two.'),
  deadQueue: amqpName(
    'VOICE_POCKET_DEAD_QUEUE',
    'input.dead',
    'Durable queue for requests that cannot be understood.',
  ),
  taskQueue: amqpName(
    'VOICE_POCKET_TASK_QUEUE',
    'celery',
    'Durable queue for programs that call the task `text_to_speech` themselves.',
  ),
  speechQueue: amqpName(
    'VOICE_POCKET_SPEECH_QUEUE',
    'voice_pocket.speech',
    'Durable queue accepted requests wait in, the most urgent first.',
  ),
  partsQueue: amqpName(
    'VOICE_POCKET_PARTS_QUEUE',
    'voice_pocket.parts',
    'Durable queue the parts of long texts wait in, so that short ones need not wait behind them.',
  ),
  priorities: choice('VOICE_POCKET_PRIORITIES', 'on', ['on', 'off'], {
    meaning:
      'Whether the queues of requests and of parts are declared on RabbitMQ with `x-max-priority` 9, without which it ' +
      'keeps no order but that of arrival. The same for all programs of one installation.',
  }),
} as const

type ValueOf<S> = S extends Setting<infer Value> ? Value : never
export type Config = { readonly [Name in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[Name]> }

/** In table order, with the precise value types forgotten: for code that treats every setting alike. */
const TABLE = Object.entries(SETTINGS) as unknown as readonly (readonly [keyof Config, Setting<unknown>])[]

/** Every broken setting is reported in the one ConfigError. An empty variable counts as unset. */
export function loadConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const problems = unknownVariables(env)
  const values: Record<string, unknown> = {}
  for (const [key, setting] of TABLE) {
    const text = env[setting.env]?.trim() ?? ''
    const value = text === '' ? setting.fallback(values) : setting.parse(text)
    if (value === undefined) problems.push(brokenRule(setting, text))
    values[key] = value
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return Object.freeze(values) as Config
}

/** The variables that make `loadConfig` give this same Config again, in another process. */
export function toEnv(config: Config): Record<string, string> {
  return Object.fromEntries(TABLE.map(([key, setting]) => [setting.env, setting.print(config[key])]))
}

/** One line a setting, for `--help`. */
export function settingsHelp(): string {
  const width = Math.max(...TABLE.map(([, { env }]) => env.length))
  const lines = TABLE.map(([, setting]) => {
    const unit = setting.unit === '' || setting.unit === 'URL' ? '' : ` (${setting.unit})`
    const text = `${setting.meaning}${unit} Default: ${setting.fallbackText}.`
    return `  ${setting.env.padEnd(width)}  ${text.replaceAll('`', '')}`
  })
  return ['Environment:', ...lines].join('\n')
}

/** The table of docs/configuration.md. */
export function settingsTable(): string {
  const rows = TABLE.map(
    ([, { env, fallbackText, unit, meaning, rule }]) =>
      `| \`${env}\` | ${fallbackText} | ${unit} | ${meaning} Must be ${rule}. |`,
  )
  return ['| Variable | Default | Unit | Meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function indexBeside(above: Readonly<Record<string, unknown>>): string {
  const backend = String(above.resultBackend)
  return /^rediss?:/i.test(backend) ? backend : 'sqlite:///data/index.sqlite'
}

function brokenRule(setting: Setting<unknown>, text: string): string {
  const fallback = setting.fallbackText.replaceAll('`', '')
  return `${setting.env} is ${JSON.stringify(maskPassword(text))}, but must be ${setting.rule}. Correct it, or unset it for the default: ${fallback}.`
}

/** A mistyped name would otherwise be ignored in silence, and the default used. */
function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = TABLE.map(([, setting]) => setting.env)
  return Object.keys(env)
    .filter((variable) => variable.startsWith('VOICE_POCKET_') && !known.includes(variable))
    .map(
      (variable) =>
        `${variable} is no setting of Voice Pocket. Did you mean ${closestMatch(variable, known)}? Rename or unset it.`,
    )
}

/** An error message ends in logs: it must not carry a password there. */
function maskPassword(text: string): string {
  return text.replace(/(\/\/[^:/@\s]*):[^@\s]*@/g, '$1:**@')
}
