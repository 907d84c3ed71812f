import type { Caller } from '../../access/access.ts'
import { readEmail } from '../../email.ts'
import type { Bounds } from '../../engines/engine.ts'
import type { EngineReport } from '../../engines/probe.ts'
import type { SpeechOptions } from '../../request-options.ts'
import { type EnrolledVoice, isGranted } from '../../voices/enrolled-voice.ts'
import { HttpProblem } from '../errors.ts'
import { OPENAI_MODELS, OPENAI_VOICES, standIn } from './names.ts'

export interface CatalogueParts {
  /** The engines of this service, in the order in which they are tried. */
  engines(): Promise<readonly EngineReport[]>
  /** Names of the operator's own, and the voice or the person that each stands for. */
  readonly voiceNames: ReadonlyMap<string, string>
  /** Voices of people. */
  enrolled(): Promise<readonly EnrolledVoice[]>
}

/** In whose name a caller asks: their own, if they have an address. */
export function emailOf({ emails }: Pick<Caller, 'emails'>, defaultEmail: string): string {
  return emails === 'any' ? defaultEmail : (emails[0] ?? defaultEmail)
}

export interface Wanted {
  readonly model: string
  readonly voice: string
  readonly speed: number | undefined
}

/** How a request is to be spoken, in the words of this service. */
export interface Manner {
  /** Whose voice it is; nobody's when an engine's own voice speaks. */
  readonly person?: string
  readonly options: SpeechOptions
}

export interface ListedVoice {
  readonly id: string
  readonly name: string
}

/** Which models and voices OpenAI's clients find here, and what becomes of those that they ask for. */
export class Catalogue {
  readonly #parts: CatalogueParts

  constructor(parts: CatalogueParts) {
    this.#parts = parts
  }

  /** OpenAI's own names, and the engine's. */
  async models(): Promise<readonly string[]> {
    return [...OPENAI_MODELS, ...(await this.#parts.engines()).map(({ name }) => name)]
  }

  /** Of one model, or of all, and of the people who let this one use theirs. @throws HttpProblem for an unknown model */
  async voices(asker: string, model: string | undefined): Promise<readonly ListedVoice[]> {
    const engines = await this.#enginesOf(model)
    const people = (await this.#parts.enrolled()).filter((voice) => isGranted(voice, asker))
    const own = engines.flatMap(voicesOf)
    const ids = new Set([...this.#parts.voiceNames.keys(), ...OPENAI_VOICES, ...own])
    return [
      ...people.map(({ email, name }) => ({ id: email, name: name || email })),
      ...Array.from(ids, (id) => ({ id, name: id })),
    ]
  }

  /** @throws HttpProblem */
  async find({ model, voice, speed }: Wanted): Promise<Manner> {
    const only = OPENAI_MODELS.some((name) => name === model) ? undefined : model
    const engines = await this.#enginesOf(model)
    const name = this.#parts.voiceNames.get(voice) ?? voice
    const engine = { ...(only !== undefined && { engine: only }) }
    const person = readEmail(name)
    if (person !== undefined) {
      const rate = speed === undefined ? {} : { rate: within(speed, firstOf(engines)) }
      return { person, options: { ...engine, ...rate } }
    }
    const spoken = findVoice(name, engines)
    const rate = within(speed ?? 1, spoken.by)
    // Whoever asks, and whatever their own voice is like, a voice of an engine sounds the same.
    const own = spoken.name === undefined ? {} : { voice: spoken.name, pitch: 1, range: 1, volume: 1 }
    return { options: { ...engine, ...own, rate } }
  }

  async #enginesOf(model: string | undefined): Promise<readonly EngineReport[]> {
    const engines = await this.#parts.engines()
    if (model === undefined || OPENAI_MODELS.some((name) => name === model)) return engines
    const named = engines.filter(({ name }) => name === model)
    if (named.length > 0) return named
    throw modelNotFound(model)
  }
}

export function modelNotFound(model: string): HttpProblem {
  const detail = `The model ${JSON.stringify(model)} does not exist; GET /v1/models lists those that do.`
  return new HttpProblem(404, 'model_not_found', detail, { errors: [{ pointer: '/model', detail }] })
}

/** @throws HttpProblem for a voice that no engine has, unless one of them cannot tell now what it has */
function findVoice(
  name: string,
  engines: readonly EngineReport[],
): { readonly name: string | undefined; readonly by: EngineReport | undefined } {
  const by = engines.find((engine) => voicesOf(engine).includes(name))
  if (by !== undefined) return { name, by }
  const first = firstOf(engines)
  if (OPENAI_VOICES.includes(name)) {
    return { name: first && standIn(name, voicesOf(first)), by: first }
  }
  if (engines.some(({ available }) => !available)) return { name, by: undefined }
  const detail = `There is no voice ${JSON.stringify(name)} here; GET /v1/audio/voices lists those that there are.`
  throw new HttpProblem(400, 'invalid_value', detail, { errors: [{ pointer: '/voice', detail }] })
}

function firstOf(engines: readonly EngineReport[]): EngineReport | undefined {
  return engines.find(({ available }) => available)
}

/** Those that can be asked for by their names. */
function voicesOf({ capabilities }: EngineReport): readonly string[] {
  return capabilities?.voices.filter((name) => !/\s/.test(name)) ?? []
}

/** Clients have 0.25 to 4 in their sliders: who asks for more than an engine has gets what it has. */
function within(speed: number, engine: EngineReport | undefined): number {
  const { min, max }: Bounds = engine?.capabilities?.rate ?? { min: speed, max: speed }
  return Math.min(max, Math.max(min, speed))
}
