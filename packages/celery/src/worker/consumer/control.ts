import { StartStopStep } from '../../bootsteps.ts'
import { handlersOf } from '../control/index.ts'
import { Connection } from './connection.ts'
import type { Consumer } from './consumer.ts'

/** Answers remote control: a mailbox node of its own channel, so that commands do not wait behind tasks. */
export class Control extends StartStopStep<Consumer> {
  static override readonly requires = [Connection]
  #stop: (() => Promise<void>) | undefined

  override includeIf(parent: Consumer): boolean {
    return parent.app.conf.workerEnableRemoteControl
  }

  override async start(parent: Consumer): Promise<void> {
    const { app, hostname, logger } = parent
    const onError = (error: unknown, command: string) =>
      logger.error({ err: error }, `Remote control: the command ${command} failed`)
    const node = app.control.mailbox.node(hostname, handlersOf(parent), { onError })
    const running = await node.listen(await parent.channel())
    this.#stop = () => running.close()
  }

  override async stop(): Promise<void> {
    await this.#stop?.()
    this.#stop = undefined
  }
}
