/** What an app runs on and how it is set, as text and as a table; never its secrets. */
import { arch, release, type } from 'node:os'
import { maskUrl } from '@voice-pocket/kombu'
import { version } from '../version.ts'
import type { Celery } from './celery.ts'
import { DEFAULTS, type Settings } from './defaults.ts'
import { reprValue } from './python-repr.ts'

/** Celery's own list of what must not be shown. */
const SECRET = /API|TOKEN|KEY|SECRET|PASS|PROFANITIES_LIST|SIGNATURE|DATABASE/i
const MASK = '********'

/** By Celery's names. Without `withDefaults`, only what differs from its default. */
export function settingsTable(
  conf: Settings,
  { withDefaults }: { withDefaults: boolean },
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(conf).filter(
    ([name, value]) => withDefaults || !isSame(value, DEFAULTS[name as keyof Settings].default),
  )
  return Object.fromEntries(entries.map(([name, value]) => [snakeCase(name), shown(snakeCase(name), value)]))
}

/** What one has to know of an app to find a fault in it. */
export interface Report {
  /** Name of each piece of software to its version. */
  readonly software: Readonly<Record<string, string>>
  readonly platform: Readonly<Record<'system' | 'arch' | 'kernel', string>>
  readonly app: string
  /** Scheme of the broker's URL, and the result backend's. */
  readonly transport: string
  readonly results: string
  /** What differs from the defaults, by Celery's names. */
  readonly settings: Readonly<Record<string, unknown>>
}

export function report(app: Celery): Report {
  const { node = '', v8 = '' } = process.versions
  return {
    software: { celery: version, node, v8 },
    platform: { system: type(), arch: arch(), kernel: release() },
    app: app.name,
    transport: app.connection.urls[0]?.scheme ?? '',
    results: app.conf.resultBackend.split(':', 1)[0] ?? '',
    settings: settingsTable(app.conf, { withDefaults: false }),
  }
}

/** In the form of Celery's. */
export function bugReport(app: Celery): string {
  const { software, platform, transport, results, settings } = report(app)
  return [
    '',
    `software -> celery:${software.celery} (TypeScript) node:${software.node} v8:${software.v8}`,
    `platform -> system:${platform.system} arch:${platform.arch}`,
    `            kernel version:${platform.kernel} imp:Node.js`,
    `app      -> ${app.name}`,
    `settings -> transport:${transport} results:${results}`,
    '',
    ...Object.entries(settings).map(([name, value]) => `${name}: ${reprValue(value)}`),
    '',
  ].join('\n')
}

function shown(name: string, value: unknown): unknown {
  if (SECRET.test(name)) return MASK
  if (typeof value === 'string') return masked(value)
  if (Array.isArray(value)) return value.map((item) => shown('', item))
  if (isPlain(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(key, item)]))
  if (typeof value === 'function') return `<function ${value.name}>`
  return typeof value === 'object' && value !== null ? reprOf(value) : value
}

/** Addresses are shown with the mask Celery uses. */
function masked(text: string): string {
  return text.includes('://') ? maskUrl(text).replace(/\*\*(?=@|&|$)/g, MASK) : text
}

/** Schedules, queues, say, and routers: what has words for itself or a name is shown by them. */
function reprOf(value: object): string {
  if (value.toString !== Object.prototype.toString) return String(value)
  return 'name' in value ? `<${value.constructor.name} ${String(value.name)}>` : `<${value.constructor.name}>`
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other)
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
