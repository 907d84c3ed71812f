import * as z from 'zod'
import { languagesOption, readOptions, sampleRateOption, voicesOption } from '../options.ts'

const bounds = z
  .tuple([z.number().min(0).max(1), z.number().min(1).max(10)])
  .transform(([min, max]) => ({ min, max }))

const url = (schemes: RegExp, names: string) =>
  z.string().refine((text) => text.split(';').every((part) => schemes.test(part)), {
    error: `must begin with ${names}: an engine in Python cannot reach the embedded one`,
  })

const schema = z.strictObject({
  brokerUrl: url(/^(amqps?|rediss?):/, 'amqp:, amqps:, redis: or rediss:'),
  resultBackend: url(/^rediss?:/, 'redis: or rediss:'),
  /** The name of the task. */
  task: z.string().min(1).default('voice_pocket.speak'),
  queue: z.string().min(1).max(255).default('voice_pocket.engine'),
  languages: languagesOption,
  voices: voicesOption.default([]),
  sampleRate: sampleRateOption.default(24_000),
  /** What the task makes of the numbers; only the normal one unless told. */
  rate: bounds.default({ min: 1, max: 1 }),
  pitch: bounds.default({ min: 1, max: 1 }),
  range: bounds.default({ min: 1, max: 1 }),
  cloning: z.enum(['recording', 'recording-and-transcript']).optional(),
  /** Whether the task takes `instructions`. */
  instructions: z.boolean().default(false),
  /** Where the answers with a `path` are. */
  folder: z.string().min(1).optional(),
  /** Seconds until a sentence is given up. */
  timeout: z.number().positive().max(3600).default(60),
})

export type CeleryEngineOptions = Readonly<z.output<typeof schema>>

/** @throws ConfigError */
export function celeryEngineOptions(options: unknown): CeleryEngineOptions {
  return readOptions('celery', schema, options)
}
