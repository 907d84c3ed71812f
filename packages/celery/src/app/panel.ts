import { ImproperlyConfigured } from '../exceptions.ts'
import type { Consumer } from '../worker/consumer/consumer.ts'

/** Arguments of a command as they came over the wire. */
export type CommandArguments = Readonly<Record<string, unknown>>

/** What a command does in the worker that was asked; what it gives (or the promise of it) is the reply. */
export type CommandHandler = (worker: Consumer, args: CommandArguments) => unknown

export interface CommandOptions {
  /** A second name, of old. */
  readonly alias?: string
  /** What it does, in one line, for `celery inspect --list`. */
  readonly help?: string
  /** Its arguments, as `--list` shows them: `<queue> [exchange]`. */
  readonly signature?: string
  /** Names of its arguments in the order of the command line, each with what makes a value of the text. */
  readonly args?: readonly (readonly [name: string, parse: (text: string) => unknown])[]
  /** Name of the list that takes all further arguments. */
  readonly variadic?: string
  /** Seconds that the command line waits for it. */
  readonly defaultTimeout?: number
  /** Offered on the command line. Default true. */
  readonly visible?: boolean
}

/** `inspect` commands ask, `control` commands change something. */
export type CommandType = 'inspect' | 'control'

export interface Command extends CommandOptions {
  readonly name: string
  readonly type: CommandType
  readonly run: CommandHandler
}

/**
 * The remote control commands that a program adds to Celery's own, for all workers of its app:
 *
 *     app.panel.inspectCommand('queue_depth', (worker) => worker.state.reserved.size, { help: 'Tasks held here.' })
 *
 * One with the name of a built-in command takes its place. The `celery` command offers them as well.
 */
export class Panel implements Iterable<Command> {
  readonly #commands = new Map<string, Command>()

  inspectCommand(name: string, run: CommandHandler, options: CommandOptions = {}): void {
    this.#register({ ...options, name, type: 'inspect', run })
  }

  controlCommand(name: string, run: CommandHandler, options: CommandOptions = {}): void {
    this.#register({ ...options, name, type: 'control', run })
  }

  [Symbol.iterator](): Iterator<Command> {
    return this.#commands.values()
  }

  #register(command: Command): void {
    if (!/^[a-z_]\w*$/i.test(command.name)) {
      throw new ImproperlyConfigured(
        `A remote control command cannot be called '${command.name}': take letters, digits and underscores.`,
      )
    }
    if (this.#commands.has(command.name)) {
      throw new ImproperlyConfigured(`The command '${command.name}' is on the panel already.`)
    }
    this.#commands.set(command.name, command)
  }
}
