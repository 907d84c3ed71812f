import { randomUUID } from 'node:crypto'
import { get } from 'node:http'
import { follow } from '../../packages/voice-pocket/test/end-to-end/events.ts'
import { Workspace } from '../../packages/voice-pocket/test/end-to-end/workspace.ts'
import { percentile } from '../statistics.ts'

const LONG_TEXT = 'This is one of very many sentences. '.repeat(1_250)
const TEXTS = 5
const ASK_EVERY_MS = 20
const IDLE_MS = 3_000

/** In milliseconds. */
export interface FiveAtOnce {
  /** From asking for all five to the first and to the last of them having spoken a sentence. */
  readonly firstBegan: number
  readonly lastBegan: number
  readonly idleP50: number
  readonly idleP99: number
  readonly idleLongest: number
  readonly busyP50: number
  readonly busyP99: number
  readonly busyLongest: number
}

/** Five long texts at once, as `voice-pocket serve` takes them when nothing is set. */
export async function measureFiveAtOnce(): Promise<FiveAtOnce> {
  await using stack = new AsyncDisposableStack()
  const workspace = await Workspace.open({ after: (end) => stack.defer(end) })
  const { api, program } = await workspace.serve()
  const health = new URL('/healthz', api)
  const idle = await askAllTheWhile(health, new Promise((resolve) => setTimeout(resolve, IDLE_MS)))

  const uuids = Array.from({ length: TEXTS }, () => randomUUID())
  const started = performance.now()
  await Promise.all(uuids.map((uuid) => ask(api, uuid)))
  const ended = Promise.all(uuids.map((uuid) => follow(`${api}/${uuid}/events`)))
  const began = uuids.map(async (uuid) => {
    await follow(`${api}/${uuid}/events`, ({ progress }) => (progress?.done ?? 0) > 0)
    return performance.now() - started
  })
  const busy = await askAllTheWhile(health, ended)
  const beginnings = await Promise.all(began)
  await program.stop()
  return {
    firstBegan: Math.min(...beginnings),
    lastBegan: Math.max(...beginnings),
    idleP50: percentile(idle, 50),
    idleP99: percentile(idle, 99),
    idleLongest: Math.max(...idle),
    busyP50: percentile(busy, 50),
    busyP99: percentile(busy, 99),
    busyLongest: Math.max(...busy),
  }
}

async function ask(api: string, uuid: string): Promise<void> {
  const body = JSON.stringify({ uuid, email: 'reader@example.com', text: LONG_TEXT })
  const response = await fetch(api, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  if (response.status !== 202) throw new Error(`${response.status} ${await response.text()}`)
}

/** How long each answer took, of questions asked at a fixed pace: a slow answer delays no later question. */
async function askAllTheWhile(url: URL, end: Promise<unknown>): Promise<number[]> {
  const answers: Promise<number>[] = []
  const timer = setInterval(() => answers.push(timeToAnswer(url)), ASK_EVERY_MS)
  try {
    await end
  } finally {
    clearInterval(timer)
  }
  return Promise.all(answers)
}

function timeToAnswer(url: URL): Promise<number> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const request = get(url, (response) => {
      response.resume().on('end', () => resolve(performance.now() - started))
    })
    request.on('error', reject)
  })
}
