import { Command, InvalidArgumentError, Option } from 'commander'
import { usageError } from './failure.ts'

/** Celery's commands that are not here, and what does their work. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  multi:
    'Start each worker as a service of its own: a template unit of systemd (celery@.service), or replicas of a container.',
  logtool:
    'The log is JSON, a line for each record: read it with jq, such as jq "select(.level >= 50)" worker.log.',
  migrate:
    'RabbitMQ moves messages with its shovel plugin; `celery dead-letters retry` sends those that were put aside.',
  flower:
    'It is a program of its own, in Python: `celery flower` there shows the workers here (see docs/celery-compatibility.md).',
  upgrade: 'It rewrites the settings of a Python program for Celery 3; use the `celery` of Python for it.',
}

/** They are refused by name, whatever options they were given, instead of being unknown. */
export function leftOutCommands(): readonly Command[] {
  return Object.entries(LEFT_OUT).map(([name, instead]) =>
    new Command(name)
      .description('Not here.')
      .argument('[arguments...]')
      .allowUnknownOption()
      .helpOption(false)
      .action(() => {
        throw usageError(`There is no \`celery ${name}\` here. ${instead}`)
      }),
  )
}

/** An option that is refused with the reason, instead of being unknown. */
export function leftOutOption(flags: string, instead: string): Option {
  const refuse = () => {
    throw new InvalidArgumentError(`It is not here. ${instead}`)
  }
  // A flag without a value has nothing to parse: the optional value is for the parser alone.
  return new Option(flags.includes('<') ? flags : `${flags} [value]`, instead)
    .argParser(refuse)
    .preset('')
    .hideHelp()
}
