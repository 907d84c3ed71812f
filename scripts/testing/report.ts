import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

type Failed = Extract<TestEvent, { type: 'test:fail' }>['data']

/** Of what a failed file printed the end is shown; more would bury what failed. */
const OUTPUT_LINES = 80
const SLOWEST = 10

/**
 * Makes of the events of Node's test runner a log that stays short, however many tests there are.
 *
 * 1. A line for each file as it ends, and what fails at once: a run that is cut off has told what it knew.
 * 2. At the end why tests were skipped, the slowest files, and, where a reader looks first, all failures again.
 */
export class Report {
  readonly #root: string
  readonly #files: { readonly file: string; readonly ms: number; readonly passed: boolean }[] = []
  readonly #output = new Map<string, string[]>()
  readonly #failures: string[] = []
  readonly #skipped = new Map<string, number>()
  /** Names of the suites around the test that is told of, outermost first: events come in the order of the tests. */
  readonly #names: string[] = []
  #tests = 0

  constructor(root: string) {
    this.#root = root
  }

  get hasFailed(): boolean {
    return this.#failures.length > 0 || this.#files.some(({ passed }) => !passed)
  }

  /** What is to be printed now. */
  next({ type, data }: TestEvent): string {
    switch (type) {
      case 'test:stdout':
      case 'test:stderr':
        this.#output.set(
          data.file,
          [...(this.#output.get(data.file) ?? []), data.message].slice(-OUTPUT_LINES),
        )
        return ''
      case 'test:start':
        this.#names.splice(data.nesting, Infinity, data.name)
        return ''
      case 'test:pass':
        if (isTest(data)) this.#tests += 1
        if (data.skip !== undefined) this.#skip(String(data.skip))
        return ''
      case 'test:fail':
        if (isTest(data)) this.#tests += 1
        return isToldElsewhere(data) ? '' : this.#fail(data)
      case 'test:complete':
        return data.name === data.file ? this.#end(data.file, data.details) : ''
      default:
        return ''
    }
  }

  summary(): string {
    const [failed, skipped] = [this.#failures.length, sum(this.#skipped.values())]
    const slowest = this.#files.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST)
    return [
      ...Array.from(this.#skipped, ([why, count]) => `- ${count} skipped: ${why}`),
      `The slowest of ${this.#files.length} files:`,
      ...slowest.map(({ file, ms }) => `  ${seconds(ms)}  ${this.#path(file)}`),
      ...this.#files.filter(({ passed }) => !passed).map(({ file }) => this.#lastOutputOf(file)),
      ...this.#failures,
      `${this.#tests} tests: ${failed} failed, ${skipped} skipped`,
      '',
    ].join('\n')
  }

  #skip(why: string): void {
    this.#skipped.set(why, (this.#skipped.get(why) ?? 0) + 1)
  }

  #fail(test: Failed): string {
    const where = `${this.#path(test.file ?? '')}:${test.line}`
    const names = [
      ...this.#names.slice(0, test.nesting),
      test.name === test.file ? 'the file itself' : test.name,
    ]
    const failure = `✖ ${names.join(' › ')}\n  ${where}\n${indent(inspect(test.details.error.cause ?? test.details.error))}`
    this.#failures.push(failure)
    return `${failure}\n`
  }

  #end(file: string, { passed, duration_ms: ms }: { passed: boolean; duration_ms: number }): string {
    this.#files.push({ file, ms, passed })
    return `${passed ? '✔' : '✖'} ${this.#path(file)} (${seconds(ms)})\n`
  }

  #lastOutputOf(file: string): string {
    const output = this.#output.get(file) ?? ['nothing\n']
    return `What ${this.#path(file)} printed last:\n${indent(output.join(''))}`
  }

  #path(file: string): string {
    return relative(this.#root, file)
  }
}

/** Neither a suite nor a whole file. */
function isTest({ name, file, details }: Pick<Failed, 'name' | 'file'> & { details: { type?: string } }) {
  return details.type !== 'suite' && name !== file
}

/** A suite that failed because something in it did, and a file that was given up because another one hung. */
function isToldElsewhere({ name, file, details: { error } }: Failed): boolean {
  if (!('failureType' in error)) return false
  return error.failureType === 'subtestsFailed' || (name === file && error.failureType === 'testAborted')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}

function sum(numbers: Iterable<number>): number {
  return Array.from(numbers).reduce((total, number) => total + number, 0)
}
