import { join } from 'node:path'
import type * as Sherpa from 'sherpa-onnx-node'
import { EngineMissingError, ModelError } from '../../exceptions.ts'
import type { Manifest } from '../../models/manifest.ts'

export type SherpaLibrary = typeof Sherpa

/** It has eSpeak NG inside (see NOTICE), and is only ever loaded by name, where somebody has installed it. */
export async function loadSherpa(): Promise<SherpaLibrary> {
  try {
    const { default: library } = (await import('sherpa-onnx-node')) as unknown as { default: SherpaLibrary }
    return library
  } catch (cause) {
    throw new EngineMissingError(
      `The engine sherpa needs a library that cannot be loaded here. Run: npm install sherpa-onnx-node@^1.13.5 ` +
        `(${(cause as Error).message.split('\n', 1)[0]})`,
      { cause },
    )
  }
}

/**
 * Loads a model whose manifest has been checked. Only asynchronously: the other way, a file that is no model aborts the
 * process. Some broken files do so all the same, which costs the child that loads them. @throws ModelError
 */
export async function openModel(
  { OfflineTts }: SherpaLibrary,
  folder: string,
  manifest: Manifest,
  numThreads: number,
): Promise<Sherpa.OfflineTts> {
  let tts: Sherpa.OfflineTts
  try {
    tts = await OfflineTts.createAsync(toConfig(folder, manifest, numThreads))
  } catch (cause) {
    throw new ModelError(
      `The model in ${folder} cannot be loaded: ${(cause as Error).message}. Get it once more, or correct its manifest.`,
      { cause },
    )
  }
  assertAsDescribed(tts, folder, manifest)
  return tts
}

function toConfig(folder: string, manifest: Manifest, numThreads: number): object {
  const { family, files, settings, ruleFsts, ruleFars } = manifest
  const places = (names: string | readonly string[]) =>
    [names]
      .flat()
      .map((name) => join(folder, name))
      .join(',')
  const own = Object.fromEntries(Object.entries(files).map(([key, names]) => [key, places(names)]))
  return {
    model: { [family]: { ...own, ...settings }, numThreads, provider: 'cpu', debug: false },
    maxNumSentences: 1,
    ruleFsts: places(ruleFsts),
    ruleFars: places(ruleFars),
  }
}

function assertAsDescribed(tts: Sherpa.OfflineTts, folder: string, { sampleRate, speakers }: Manifest): void {
  if (sampleRate !== undefined && tts.sampleRate !== sampleRate) {
    throw new ModelError(
      `The manifest in ${folder} says ${sampleRate} Hz, but the model has ${tts.sampleRate}. Correct it.`,
    )
  }
  if (speakers.length > Math.max(1, tts.numSpeakers)) {
    throw new ModelError(
      `The manifest in ${folder} names ${speakers.length} speakers, but the model has ${tts.numSpeakers}. Correct it.`,
    )
  }
}
