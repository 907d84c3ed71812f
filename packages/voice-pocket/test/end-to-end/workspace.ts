import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readWav } from '../../src/audio/wav.ts'
import { Program, type ProgramOptions } from './program.ts'

/** Whoever says when it is over: a test's own context does. */
export interface Owner {
  after(end: () => Promise<void>): void
}

/** A folder and the programs that run in it. When its owner ends, first the programs end, then the folder goes. */
export class Workspace {
  readonly folder: string
  readonly #programs: Program[] = []

  static async open(owner: Owner): Promise<Workspace> {
    const workspace = new Workspace(await mkdtemp(join(tmpdir(), 'voice-pocket-')))
    owner.after(() => workspace.#close())
    return workspace
  }

  private constructor(folder: string) {
    this.folder = folder
  }

  start(command: readonly [string, ...string[]], options: ProgramOptions = {}): Program {
    const program = new Program(command, { cwd: this.folder, ...options })
    this.#programs.push(program)
    return program
  }

  voicePocket(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
    return this.start([process.execPath, VOICE_POCKET, ...args], { env: { ...FEW, ...env } })
  }

  /** The service on a free port, with a worker that is there; resolves with the address of its speech resource. */
  async serve(env: Readonly<Record<string, string>> = {}): Promise<{ program: Program; api: string }> {
    const program = this.voicePocket(['serve'], { PORT: '0', ...env })
    const [, address = ''] = await program.says(/listening at (http:\/\/[\d.:]+)/)
    await program.says(/takes messages from/)
    return { program, api: `${address}/v1/speech` }
  }

  /** How long and how loud (0 to 1) the sound under this key is; rejects unless it is a whole wav file. */
  async measureSpeech(key: string): Promise<{ seconds: number; peak: number }> {
    const { samples, sampleRate } = readWav(await readFile(join(this.folder, 'data/speech', key)))
    const peak = samples.reduce((loudest, sample) => Math.max(loudest, Math.abs(sample)), 0)
    return { seconds: samples.length / sampleRate, peak: peak / 0x8000 }
  }

  async #close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end()))
    await rm(this.folder, { recursive: true })
  }
}

/** Starting five children where two do takes more of a loaded machine than all that the tests ask of them. */
const FEW = { VOICE_POCKET_CONCURRENCY: '2' }

const VOICE_POCKET = new URL('../../src/bin/voice-pocket.ts', import.meta.url).pathname
