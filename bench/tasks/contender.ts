import { Program } from '../../packages/voice-pocket/test/end-to-end/program.ts'

/** A client in this process and a worker in others, as they come: who measures knows nothing else of them. */
export interface Contender {
  readonly name: string
  open(): Promise<Running>
}

export interface Running extends AsyncDisposable {
  /** One job that does nothing: from sending it to having its result. */
  call(): Promise<unknown>
}

/** Every pool of processes has as many as this, and every pool of promises so many. */
export const CONCURRENCY = { processes: '2', promises: '10' } as const

/** A worker's process. When it fails all is over: nobody would ever do the jobs that are waited for. */
export function startWorker(
  command: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Program {
  const program = new Program(command, { env })
  void program.exited.then((code) => {
    if (code === 0) return
    console.error(`${command.join(' ')} ended with ${code}:\n${program.output}`)
    process.exit(1)
  })
  return program
}
