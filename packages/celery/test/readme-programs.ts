/** The programs in a README, and how to run them as its reader would. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Program {
  readonly file: string
  readonly source: string
  /** What it says that it prints: the comments after its `console.log`s. */
  readonly prints: readonly string[]
}

/** A block of TypeScript is a program; its first line is a comment with the name of its file. */
export function programsOf(readme: string): Program[] {
  return Array.from(readme.matchAll(/^```ts\n(?<source>.*?)^```/gms), ({ groups = {} }) => {
    const { source = '' } = groups
    const file = /^\/\/ (?<file>\S+\.ts)\n/.exec(source)?.groups?.file
    if (file === undefined)
      throw new Error(`A block of the README names no file in its first line:\n${source}`)
    const prints = Array.from(source.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm), ([, text = '']) => text)
    return { file, source, prints }
  })
}

/** The arguments of the README's first `npx celery …` with that command. */
export function celeryArguments(readme: string, command = 'worker'): string[] {
  const line = new RegExp(`^npx celery (?<args>.+ ${command}.*)$`, 'm').exec(readme)?.groups?.args
  if (line === undefined) throw new Error(`The README does not say how to start a ${command}.`)
  return line.split(' ')
}

export async function writePrograms(folder: string, programs: readonly Program[]): Promise<void> {
  for (const { file, source } of programs) await writeFile(join(folder, file), source)
}

/** Runs a command to its end. @returns what it printed @throws Error with what it complained of. */
export async function run(
  folder: string,
  [command = '', ...args]: readonly string[],
  env = process.env,
): Promise<string> {
  const running = new RunningProgram(folder, [command, ...args], env)
  const code = await running.ended
  if (code !== 0) throw new Error(`${[command, ...args].join(' ')} ended with ${code}:\n${running.words}`)
  return running.stdout
}

/** A program that runs beside the test until it is stopped. */
export class RunningProgram {
  stdout = ''
  /** All that it said. */
  words = ''
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
  readonly #process: ReturnType<typeof spawn>
  #heard = Promise.withResolvers<void>()

  constructor(folder: string, [command = '', ...args]: readonly string[], env = process.env) {
    this.#process = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env })
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => this.#hear(text, 'stdout'))
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text, 'stderr'))
    this.ended = once(this.#process, 'close').then(([code, signal]) => code ?? signal)
  }

  /** Rejects when it ended without saying so. */
  async says(pattern: RegExp): Promise<void> {
    const silent = this.ended.then(() => 'silent' as const)
    while (!pattern.test(this.words)) {
      const end = await Promise.race([this.#heard.promise, silent])
      if (end === 'silent' && !pattern.test(this.words))
        throw new Error(`It never said ${pattern}:\n${this.words}`)
    }
  }

  async stop(): Promise<number | NodeJS.Signals | null> {
    this.#process.kill('SIGTERM')
    return this.ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.ended
  }

  #hear(text: string, stream: 'stdout' | 'stderr'): void {
    if (stream === 'stdout') this.stdout += text
    this.words += text
    this.#heard.resolve()
    this.#heard = Promise.withResolvers()
  }
}
