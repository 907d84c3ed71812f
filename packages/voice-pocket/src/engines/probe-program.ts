/** The process of a probe: loads the one engine it is told of, tells what it can do, and ends. */
import { loadConfig } from '../config.ts'
import { DEFAULT_VOICE } from '../voices/voice.ts'
import type { Engine } from './engine.ts'
import { Engines } from './engines.ts'
import { planEngines } from './plan.ts'
import type { EngineReport } from './probe.ts'

const SENTENCES: Readonly<Record<string, string>> = { en: 'Hello.', ko: '안녕하세요.' }

const [name = '', say] = process.argv.slice(2)
const config = loadConfig()
const engines = new Engines(planEngines(config), {
  warm: 1,
  limitMs: config.engineTimeout * 1000,
  warn: () => {},
})

process.send?.(await report())
await engines.close()
process.disconnect?.()

async function report(): Promise<EngineReport> {
  try {
    return await engines.use(name, describe)
  } catch (error) {
    return { name, available: false, reason: (error as Error).message }
  }
}

async function describe(engine: Engine): Promise<EngineReport> {
  const { sampleRate, capabilities } = engine
  await engine.check?.()
  const seconds = say === undefined ? undefined : await secondsOfSpeech(engine)
  return { name, available: true, sampleRate, capabilities, ...(seconds !== undefined && { seconds }) }
}

async function secondsOfSpeech(engine: Engine): Promise<number> {
  const { languages } = engine.capabilities
  const language = Object.keys(SENTENCES).find((each) => languages.includes(each)) ?? languages[0] ?? 'en'
  const sentence = SENTENCES[language] ?? '1'
  const { samples } = await engine.synthesize(sentence, { ...DEFAULT_VOICE, language })
  return samples.length / engine.sampleRate
}
