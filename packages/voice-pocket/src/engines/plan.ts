/** Which engines this service has, in the order in which they are tried, and with which options: what the settings say. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import type { Config } from '../config.ts'
import { ConfigError } from '../exceptions.ts'

export interface EnginePlan {
  /** By which it is asked for. */
  readonly name: string
  /** One of our engines, a package, or a path. */
  readonly source: string
  readonly options: Readonly<Record<string, unknown>>
}

type EngineConfig = Pick<Config, 'engines' | 'engineSettings' | 'brokerUrl' | 'resultBackend' | 'models'>

const settingsSchema = z.record(z.string(), z.looseObject({ engine: z.string().min(1).optional() }))

/** What an engine of ours takes from the service unless its own options say otherwise. */
const INHERITED: Readonly<Record<string, (config: EngineConfig) => Record<string, unknown>>> = {
  celery: ({ brokerUrl, resultBackend }) => ({ brokerUrl, resultBackend }),
  sherpa: ({ models }) => ({ models }),
}

/** @throws ConfigError */
export function planEngines(config: EngineConfig): readonly EnginePlan[] {
  const settings = readSettings(config.engineSettings)
  const plans = config.engines.split(',').map((entry): EnginePlan => {
    const [name = '', ...path] = entry.trim().split('=')
    const { engine = name, ...options } = settings[name] ?? {}
    const source = path.length > 0 ? path.join('=') : engine
    return { name, source, options: { ...INHERITED[source]?.(config), ...options } }
  })
  const names = plans.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) {
    throw new ConfigError(`VOICE_POCKET_ENGINES names ${twice} twice; name each engine once.`)
  }
  const unused = Object.keys(settings).find((name) => !names.includes(name))
  if (unused === undefined) return plans
  throw new ConfigError(
    `VOICE_POCKET_ENGINE_SETTINGS has options of ${JSON.stringify(unused)}, which is not in VOICE_POCKET_ENGINES ` +
      `(${names.join(', ')}). Add it there, or remove it.`,
  )
}

/** The text itself is in no error: it may hold a key. */
function readSettings(setting: string): z.output<typeof settingsSchema> {
  if (setting === '') return {}
  const isJson = setting.startsWith('{')
  const place = `VOICE_POCKET_ENGINE_SETTINGS${isJson ? '' : ` (${setting})`}`
  const parsed = settingsSchema.safeParse(parseJson(isJson ? setting : read(setting), place))
  if (parsed.success) return parsed.data
  throw new ConfigError(
    `${place} must be an object with an object of options for each engine: ${z.prettifyError(parsed.error)}`,
  )
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(
      `VOICE_POCKET_ENGINE_SETTINGS names the file ${path}, which cannot be read: ${(cause as Error).message}.`,
      { cause },
    )
  }
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ConfigError(`${place} is not JSON. Correct it; engines.md has an example.`)
  }
}
