import { emitKeypressEvents } from 'node:readline'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Key } from './keys.ts'
import type { Size } from './size.ts'
import { type Line, paint, write } from './styled.ts'

/** Control sequences of ECMA-48 and xterm, which terminals understand. */
const ENTER = '\u001b[?1049h\u001b[?25l' // a screen of its own, without a cursor
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const REST_OF_SCREEN = '\u001b[J'
const BELL = '\u0007'

export interface TerminalEvents {
  readonly onKey: (key: Key) => void
  readonly onResize: () => void
}

/**
 * The terminal, while a program has all of it.
 * 1. `open` takes it: another screen, keys as they are pressed.
 * 2. `close` gives it back as it was. So does the end of the process, whatever ends it but SIGKILL.
 */
export class Terminal {
  readonly #input: ReadStream
  readonly #output: WriteStream
  #close: (() => void) | undefined

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input
    this.#output = output
  }

  get size(): Size {
    const { columns, rows } = this.#output
    return { columns, rows }
  }

  open({ onKey, onResize }: TerminalEvents): void {
    const [input, output] = [this.#input, this.#output]
    const onKeypress = (_text: string | undefined, key: Key) => onKey(key)
    emitKeypressEvents(input)
    input.on('keypress', onKeypress)
    output.on('resize', onResize)
    input.setRawMode(true)
    input.resume()
    output.write(ENTER)
    const close = () => {
      process.off('exit', close)
      input.off('keypress', onKeypress)
      output.off('resize', onResize)
      output.write(LEAVE)
      input.setRawMode(false)
      input.pause()
    }
    process.on('exit', close)
    this.#close = close
  }

  draw(lines: readonly Line[]): void {
    const { columns } = this.size
    this.#output.write(HOME + lines.map((line) => write(line, columns, paint)).join('\r\n') + REST_OF_SCREEN)
  }

  beep(): void {
    this.#output.write(BELL)
  }

  /** Twice is fine, and before `open`. */
  close(): void {
    this.#close?.()
    this.#close = undefined
  }

  [Symbol.dispose](): void {
    this.close()
  }
}
