/** What a child should have warm for a task, so that its pool gives the task to one that spoke with it before. */
import type { Config } from '../config.ts'
import { subjectOf } from '../speech-task.ts'
import type { PartCall } from './long-speech.ts'

type Arguments = readonly unknown[]
type Keywords = Readonly<Record<string, unknown>>

/** Of `text_to_speech`. Who names no engine is thought to mean the first one; a voice may name another. */
export function speechAffinity({ engines }: Pick<Config, 'engines'>) {
  const [first = ''] = engines.split(/[=,]/, 1)
  return (args: Arguments, kwargs: Keywords): readonly string[] => {
    const voice = subjectOf(args, kwargs)?.requestTo
    const { engine } = (args[3] ?? kwargs) as { engine?: unknown }
    return keysOf(voice, typeof engine === 'string' ? engine : first.trim())
  }
}

/** Of `speak_part`. */
export function partAffinity([call]: Arguments): readonly string[] {
  const { email, engine } = call as PartCall
  return keysOf(email, engine)
}

/** The voice as this engine has it; or else the engine, which takes longest to load. */
function keysOf(voice: string | undefined, engine: string): readonly string[] {
  const ofEngine = `engine ${engine}`
  return voice === undefined ? [ofEngine] : [`voice ${voice} ${engine}`, ofEngine]
}
