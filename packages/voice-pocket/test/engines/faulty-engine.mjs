/** An engine that does what a sentence tells it to, and otherwise hums; each call is noted in the file `calls`. */
import { appendFileSync, readFileSync } from 'node:fs'

const ALL = { min: 0, max: 4 }
const RATE = 8000
const TIMES = { once: 1, twice: 2, always: Number.POSITIVE_INFINITY }

export async function createEngine({ calls, ...options }) {
  const hoard = []
  const faults = {
    crash: () => process.kill(process.pid, 'SIGSEGV'),
    exit: () => process.exit(255),
    spin: () => {
      for (;;);
    },
    hang: () => new Promise(() => {}),
    nothing: () => ({ samples: new Int16Array(), marks: [] }),
    leak: () => void hoard.push(Buffer.alloc(400 * 1024 * 1024, 1)),
  }
  if (options.broken) process.kill(process.pid, 'SIGABRT')
  return {
    name: 'faulty',
    sampleRate: RATE,
    capabilities: { languages: ['en'], voices: [], rate: ALL, pitch: ALL, range: ALL, volume: ALL },
    async synthesize(sentence) {
      appendFileSync(calls, `${process.pid} ${sentence}\n`)
      const said = readFileSync(calls, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith(` ${sentence}`))
      const [, fault = '', times = 'always'] = /^(\w+)(?: (once|twice))?/i.exec(sentence) ?? []
      const isFaulty = said.length <= TIMES[times]
      const utterance = isFaulty ? await faults[fault.toLowerCase()]?.() : undefined
      return utterance ?? { samples: new Int16Array(RATE / 2).fill(1000), marks: [] }
    },
    async close() {},
  }
}
