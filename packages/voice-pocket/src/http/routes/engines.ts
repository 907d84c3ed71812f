import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi'
import type { EngineReport } from '../../engines/probe.ts'
import { json } from './answers.ts'

const boundsSchema = z.object({ min: z.number(), max: z.number() }).openapi('Bounds')

const engineSchema = z
  .object({
    name: z.string().meta({ description: 'What `engine` of a request may be.', example: 'espeak' }),
    available: z.boolean(),
    workers: z.int().nullable().meta({
      description: 'How many workers have it; null before any has said what it has.',
      example: 2,
    }),
    reason: z.string().nullable().meta({ description: 'Why it is not available.' }),
    sample_rate: z.int().nullable().meta({ description: 'In Hz.', example: 22_050 }),
    languages: z.array(z.string()).meta({ example: ['en', 'ko'] }),
    voices: z.array(z.string()).meta({ description: 'What `voice` of a request may be.' }),
    cloning: z.enum(['recording', 'recording-and-transcript']).nullable().meta({
      description: 'Whether it takes a voice from a recording, and whether it must know what is said there.',
    }),
    instructions: z.boolean().meta({ description: 'Whether it follows `instructions` of a request.' }),
    phonemes: z.array(z.string()).meta({
      description: 'Languages in which `phoneme` of SSML can tell it the sounds of a word.',
      example: ['en-us'],
    }),
    rate: boundsSchema.nullable(),
    pitch: boundsSchema.nullable(),
    range: boundsSchema.nullable(),
    volume: boundsSchema.nullable(),
  })
  .openapi('Engine')

const enginesRoute = createRoute({
  method: 'get',
  path: '/v1/engines',
  summary: 'The engines there are, in the order in which they are tried, and what each can do',
  tags: ['speech'],
  responses: { 200: json(z.object({ engines: z.array(engineSchema) }), 'All of them.') },
})

export function addEngineRoutes(app: OpenAPIHono, reports: () => Promise<readonly EngineReport[]>): void {
  app.openapi(enginesRoute, async (context) => {
    const engines = (await reports()).map(toWire)
    return context.json({ engines }, 200)
  })
}

function toWire({ name, available, workers, reason, sampleRate, capabilities }: EngineReport) {
  return {
    name,
    available,
    workers: workers ?? null,
    reason: reason ?? null,
    sample_rate: sampleRate ?? null,
    languages: [...(capabilities?.languages ?? [])],
    voices: [...(capabilities?.voices ?? [])],
    cloning: capabilities?.cloning ?? null,
    instructions: capabilities?.instructions ?? false,
    phonemes: [...(capabilities?.phonemes ?? [])],
    rate: capabilities?.rate ?? null,
    pitch: capabilities?.pitch ?? null,
    range: capabilities?.range ?? null,
    volume: capabilities?.volume ?? null,
  }
}
