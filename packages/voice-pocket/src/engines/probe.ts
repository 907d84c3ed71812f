import { fork } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import { type Config, toEnv } from '../config.ts'
import type { EngineCapabilities } from './engine.ts'
import { planEngines } from './plan.ts'

/** What an engine of the service can do, or why it cannot do it now. */
export interface EngineReport {
  readonly name: string
  readonly available: boolean
  /** Why not. */
  readonly reason?: string
  /** In Hz. */
  readonly sampleRate?: number
  readonly capabilities?: EngineCapabilities
  /** How many workers have it, as far as they have said so. */
  readonly workers?: number
  /** How long a short sentence is that it has said, when it was asked to. */
  readonly seconds?: number
}

export interface ProbeOptions {
  /** Also say a short sentence. */
  readonly say?: boolean
  readonly timeoutMs?: number
}

/** Models of half a gigabyte are read from slow disks. */
const TIMEOUT_MS = 60_000

/** All engines of the service, in their order, or those that are named. */
export function probeEngines(
  config: Config,
  { names, ...options }: ProbeOptions & { readonly names?: readonly string[] | undefined } = {},
): Promise<EngineReport[]> {
  const wanted = names ?? planEngines(config).map(({ name }) => name)
  return Promise.all(wanted.map((name) => probeEngine(name, config, options)))
}

/**
 * Loads the engine in a process of its own, and asks it: a model that is broken may end the process that loads it, and
 * what is loaded takes memory. Rejects only with ConfigError.
 */
export async function probeEngine(
  name: string,
  config: Config,
  { say = false, timeoutMs = TIMEOUT_MS }: ProbeOptions = {},
): Promise<EngineReport> {
  const child = fork(PROGRAM, [name, ...(say ? ['say'] : [])], {
    env: { ...process.env, ...toEnv(config) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  })
  let report: EngineReport | undefined
  let said = ''
  child.on('message', (message) => {
    report = message as EngineReport
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_LAST_WORDS)
  })
  let isOverdue = false
  const timer = setTimeout(() => {
    isOverdue = child.kill('SIGKILL')
  }, timeoutMs)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  if (report !== undefined) return report
  const end = isOverdue
    ? `did not load within ${timeoutMs / 1000} s`
    : `ended its process (${signal ?? code})`
  return { name, available: false, reason: `The engine ${name} ${end}. ${said.trim()}`.trim() }
}

const MAX_LAST_WORDS = 500

/** It ends as this file does: in .ts from the source, in .js as published. */
const PROGRAM = join(import.meta.dirname, `probe-program${extname(import.meta.filename)}`)
