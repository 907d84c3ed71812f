import { Command } from 'commander'
import { type DeadLetter, DeadLetterQueue } from '../app/dead-letter-queue.ts'
import { confirm } from './confirm.ts'
import { CommandFailed, usageError } from './failure.ts'
import { type GlobalOptions, openApp } from './open-app.ts'
import { print } from './replies.ts'

interface Options extends GlobalOptions {
  readonly queue?: string
  readonly all?: boolean
  readonly force?: boolean
  readonly json?: boolean
}

/** `celery dead-letters`: what workers could not deal with, and put aside. Python's Celery has nothing like it. */
export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description('Messages that no task could be found for.')
  const list = new Command('list').description('What there is, and why.')
  const show = new Command('show').description('Everything of one message.').argument('<id>')
  const retry = new Command('retry').description('Send messages once more to where they were.')
  const remove = new Command('delete').description('Delete messages. There is no undo for this.')
  for (const chosen of [retry, remove]) chosen.argument('[ids...]').option('--all', 'all of them')
  remove.option('-f, --force', 'do not ask')
  for (const each of [list, show, retry, remove]) {
    each.option('-Q, --queue <name>', "another queue than the setting 'workerDeadLetterQueue'")
    each.option('-j, --json', 'write JSON')
    command.addCommand(each)
  }
  list.action((_options: unknown, self: Command) => listLetters(self.optsWithGlobals()))
  show.action((id: string, _options: unknown, self: Command) => showLetter(id, self.optsWithGlobals()))
  retry.action((ids: string[], _options: unknown, self: Command) => retryLetters(ids, self.optsWithGlobals()))
  remove.action((ids: string[], _options: unknown, self: Command) =>
    deleteLetters(ids, self.optsWithGlobals()),
  )
  return command
}

async function listLetters(options: Options): Promise<void> {
  await inQueue(options, async (queue) => {
    const letters = await queue.list()
    if (options.json) return print(JSON.stringify(letters.map(summary)))
    for (const { id, task = '-', time, queue: from, reason } of letters)
      print(`${id}  ${task}  ${time}  ${from}\n    ${reason}`)
    print(`${letters.length} dead ${letters.length === 1 ? 'letter' : 'letters'} in ${queue.name}.`)
  })
}

async function showLetter(id: string, options: Options): Promise<void> {
  await inQueue(options, async (queue) => {
    const letters = found(await queue.list([id]), [id], queue)
    for (const letter of letters) {
      const whole = { ...summary(letter), headers: letter.headers, ...contentOf(letter) }
      print(JSON.stringify(whole, null, options.json ? undefined : 4))
    }
  })
}

async function retryLetters(ids: readonly string[], options: Options): Promise<void> {
  const wanted = idsOrAll(ids, options)
  await inQueue(options, async (queue) => report('Sent', await queue.retry(wanted), wanted, queue, options))
}

async function deleteLetters(ids: readonly string[], options: Options): Promise<void> {
  const wanted = idsOrAll(ids, options)
  await inQueue(options, async (queue) => {
    const what = wanted === undefined ? 'all messages' : wanted.join(', ')
    if (!options.force) await confirm(`Delete ${what} in ${queue.name}? There is no undo.`)
    report('Deleted', await queue.delete(wanted), wanted, queue, options)
  })
}

async function inQueue(options: Options, work: (queue: DeadLetterQueue) => Promise<void>): Promise<void> {
  await using app = (await openApp(options)).app
  await work(new DeadLetterQueue(app.connection, options.queue ?? app.conf.workerDeadLetterQueue))
}

function idsOrAll(ids: readonly string[], { all = false }: Options): readonly string[] | undefined {
  if (all === ids.length > 0) throw usageError('Name the ids of messages, or give --all.')
  return all ? undefined : ids
}

function report(
  done: string,
  letters: readonly DeadLetter[],
  wanted: readonly string[] | undefined,
  queue: DeadLetterQueue,
  { json = false }: Options,
): void {
  if (wanted) found(letters, wanted, queue)
  if (json) print(JSON.stringify(letters.map(summary)))
  else print(`${done} ${letters.length} ${letters.length === 1 ? 'message' : 'messages'}.`)
}

/** @throws CommandFailed for an id that is not there */
function found(
  letters: readonly DeadLetter[],
  wanted: readonly string[],
  { name }: DeadLetterQueue,
): readonly DeadLetter[] {
  const missing = wanted.filter((id) => letters.every((letter) => letter.id !== id))
  if (missing.length === 0) return letters
  throw new CommandFailed(`There is no dead letter ${missing.join(', ')} in ${name}.`)
}

function summary({ id, task = '', time, queue, reason }: DeadLetter) {
  return { id, task, time, queue, reason }
}

/** Text where it is text. */
function contentOf({ body, contentType }: DeadLetter) {
  const text = body.toString('utf8')
  const isText = Buffer.from(text).equals(body)
  return { contentType, ...(isText ? { body: text } : { bodyBase64: body.toString('base64') }) }
}
