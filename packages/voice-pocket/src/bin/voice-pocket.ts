#!/usr/bin/env node
/** The `voice-pocket` command: one file for each sub-command beside this one. */
import { CeleryError } from '@voice-pocket/celery'
import { KombuError } from '@voice-pocket/kombu'
import { Command } from 'commander'
import { settingsHelp } from '../config.ts'
import { VoicePocketError } from '../exceptions.ts'
import { VERSION } from '../version.ts'
import { doctorCommand } from './doctor.ts'
import { enginesCommand } from './engines.ts'
import { keysCommand } from './keys.ts'
import { lexiconCommand } from './lexicon.ts'
import { modelsCommand } from './models.ts'
import { sayCommand } from './say.ts'
import { apiCommand, serveCommand, workerCommand } from './serve.ts'
import { storageCommand } from './storage.ts'
import { textCommand } from './text.ts'
import { voicesCommand } from './voices.ts'

const program = new Command('voice-pocket')
  .description("Keeps people's voices and lets any server ask for speech in them.")
  .version(VERSION)
  .showHelpAfterError()
  .addHelpText('after', `\n${settingsHelp()}`)
  .addCommand(serveCommand())
  .addCommand(workerCommand())
  .addCommand(apiCommand())
  .addCommand(sayCommand())
  .addCommand(textCommand())
  .addCommand(lexiconCommand())
  .addCommand(voicesCommand())
  .addCommand(keysCommand())
  .addCommand(enginesCommand())
  .addCommand(storageCommand())
  .addCommand(modelsCommand())
  .addCommand(doctorCommand())

try {
  await program.parseAsync()
} catch (error) {
  // These say what is wrong and what to do; of anything else the stack is needed.
  const isForPeople = [VoicePocketError, CeleryError, KombuError].some((kind) => error instanceof kind)
  console.error(isForPeople ? `voice-pocket: ${(error as Error).message}` : error)
  process.exitCode = 1
}
