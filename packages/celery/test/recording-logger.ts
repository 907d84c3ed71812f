import { inspect } from 'node:util'
import type { Logger } from '../src/logger.ts'
import { within } from './within.ts'

type Level = keyof Logger

interface Line {
  readonly level: Level
  readonly text: string
}

/** A logger that keeps what it is told, and tells who waits for a line. */
export class RecordingLogger implements Logger {
  readonly lines: Line[] = []
  readonly #waiting = new Set<() => void>()

  debug(...said: unknown[]): void {
    this.#add('debug', said)
  }

  info(...said: unknown[]): void {
    this.#add('info', said)
  }

  warn(...said: unknown[]): void {
    this.#add('warn', said)
  }

  error(...said: unknown[]): void {
    this.#add('error', said)
  }

  /** Everything that was said on a level. */
  text(level: Level): string {
    return this.lines
      .filter((line) => line.level === level)
      .map(({ text }) => text)
      .join('\n')
  }

  /** Resolves as soon as `count` lines match, whatever their level. */
  async said(pattern: RegExp, count = 1): Promise<void> {
    const isSaid = () => this.lines.filter(({ text }) => pattern.test(text)).length >= count
    while (!isSaid()) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await within(promise, () => `nobody said ${pattern}; what was said:\n${this.#everything()}`)
    }
  }

  #everything(): string {
    return this.lines.map(({ level, text }) => `${level}: ${text}`).join('\n')
  }

  #add(level: Level, said: readonly unknown[]): void {
    const text = said.toReversed().map((part) => (typeof part === 'string' ? part : inspect(part)))
    this.lines.push({ level, text: text.join(' ') })
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }
}
