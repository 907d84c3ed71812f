import { open } from 'node:fs/promises'
import { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { VoicePocketError } from '../exceptions.ts'
import { LIKENESS_NOTE, voiceJson } from '../http/routes/voice-json.ts'
import { openRecords } from '../records.ts'
import { createStorage } from '../storage/index.ts'
import { consentSchema } from '../voices/consent.ts'
import type { EnrolledVoice } from '../voices/enrolled-voice.ts'
import type { SentRecording } from '../voices/recording-store.ts'
import { createVoiceService, type VoiceService } from '../voices/voice-service.ts'
import { emailArgument } from './email-argument.ts'

interface EnrolOptions {
  readonly email: string
  readonly consent: string
  readonly by: string
  readonly at?: string
  readonly name?: string
  readonly transcript?: string
  readonly keepOriginals?: boolean
}

/** `voice-pocket voices`: whose voices there are, and who may speak with them. Changes are true at once everywhere. */
export function voicesCommand(): Command {
  const voices = new Command('voices').description(
    "People's voices: enrol, look, delete, and who may speak with them.",
  )
  voices.addCommand(listCommand()).addCommand(showCommand()).addCommand(enrolCommand())
  return voices
    .addCommand(deleteCommand())
    .addCommand(grantCommand())
    .addCommand(revokeCommand())
    .addCommand(usesCommand())
}

function listCommand(): Command {
  return new Command('list')
    .description('All voices, by address.')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const voices = await withVoices(({ registry }) => registry.list())
      if (json) return print(voices.map(voiceJson))
      if (voices.length === 0) return console.error('Nobody has enrolled a voice.')
      for (const voice of voices) console.log(summary(voice))
    })
}

function showCommand(): Command {
  return new Command('show')
    .description('A voice as JSON: consent, recordings, grants, and what was measured.')
    .argument('<email>', 'whose', emailArgument)
    .action(async (email: string) =>
      print(voiceJson(await withVoices(({ registry }) => registry.get(email)))),
    )
}

function enrolCommand(): Command {
  return new Command('enrol')
    .description(
      'Enrol a voice: recordings of one to 120 seconds, and the consent of whoever speaks in them.',
    )
    .argument('<file...>', 'WAV, MP3, FLAC, Ogg or WebM with Opus, or M4A')
    .requiredOption('--email <address>', 'whose voice it is', emailArgument)
    .requiredOption('--consent <words>', 'the very words by which it was allowed')
    .requiredOption('--by <name>', 'who said them: the person who speaks, or who may decide for them')
    .option('--at <time>', 'when, such as 2026-11-22T09:00:00Z; now unless told')
    .option('--name <text>', 'for people')
    .option('--transcript <text>', 'what is said in the recordings')
    .option('--keep-originals', 'keep what is sent besides the WAV that is made of it')
    .action(enrol)
}

async function enrol(files: readonly string[], options: EnrolOptions): Promise<void> {
  const { consent: statement, by, at = new Date().toISOString(), ...more } = options
  const consent = consentSchema.safeParse({ statement, by, at })
  if (!consent.success) {
    const [issue] = consent.error.issues
    throw new VoicePocketError(
      `--${issue?.path[0] === 'statement' ? 'consent' : String(issue?.path[0])} ${issue?.message}.`,
    )
  }
  const [first, ...others] = files.map((path): SentRecording => ({ path, label: path }))
  if (first === undefined) throw new VoicePocketError('Name at least one file.')
  const recordings = [first, ...others] as const
  for (const { path } of recordings) await assertReadable(path)
  const enrolment = { ...more, recordings, consent: consent.data, enteredBy: 'command line' }
  const { voice } = await withVoices((voices) => voices.enrol(enrolment))
  console.log(summary(voice))
  console.error(LIKENESS_NOTE)
}

/** Otherwise a mistyped path would be a file that is no recording. */
async function assertReadable(path: string): Promise<void> {
  try {
    await using file = await open(path)
    if ((await file.stat()).isFile()) return
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new VoicePocketError(`${path} cannot be read (${code}); correct its name, or its permissions.`, {
      cause,
    })
  }
  throw new VoicePocketError(`${path} is no file; name the file of a recording.`)
}

function deleteCommand(): Command {
  return new Command('delete')
    .description(
      'Delete recordings, what was made of them, grants, consent and the log; says what speech stays.',
    )
    .argument('<email>', 'whose', emailArgument)
    .action(async (email: string) => {
      const { recordings, speech } = await withVoices((voices) => voices.delete(email))
      console.error(`${recordings} recordings of ${email} are deleted, and everything that was made of them.`)
      if (speech.length === 0) return
      console.error('Speech that was made with the voice stays in the storage; the newest, by uuid:')
      for (const uuid of speech) console.log(uuid)
    })
}

function grantCommand(): Command {
  return new Command('grant')
    .description('Let somebody else speak with a voice.')
    .argument('<email>', 'whose voice', emailArgument)
    .argument('<other>', 'who may speak with it', emailArgument)
    .action(async (email: string, other: string) => {
      await withVoices(({ registry }) => registry.grant(email, other))
      console.error(`${other} may speak with the voice of ${email}.`)
    })
}

function revokeCommand(): Command {
  return new Command('revoke')
    .description('Take it back, from the next request on.')
    .argument('<email>', 'whose voice', emailArgument)
    .argument('<other>', 'who may speak with it no more', emailArgument)
    .action(async (email: string, other: string) => {
      await withVoices(({ registry }) => registry.revoke(email, other))
      console.error(`${other} may not speak with the voice of ${email}.`)
    })
}

function usesCommand(): Command {
  return new Command('uses')
    .description('Who spoke with a voice, and who was refused; the newest first.')
    .argument('<email>', 'whose voice', emailArgument)
    .option('--json', 'print JSON')
    .action(async (email: string, { json }: { json?: boolean }) => {
      const log = await withVoices(async ({ registry }) => {
        await registry.get(email)
        return registry.uses(email)
      })
      if (json) return print(log)
      for (const { at, by, uuid } of log.uses) console.log(`${at}  ${by}  ${uuid}`)
      for (const { at, by, uuid } of log.refusals) console.log(`${at}  ${by}  ${uuid}  refused`)
    })
}

async function withVoices<Result>(use: (voices: VoiceService) => Promise<Result>): Promise<Result> {
  const { index, storage } = loadConfig()
  await using records = await openRecords(index, {
    onConnectionError: (error) => console.error(`voice-pocket: ${error.message}`),
  })
  return await use(createVoiceService(records, await createStorage(storage)))
}

function summary({ email, name, recordings, measured, grants }: EnrolledVoice): string {
  const seconds = recordings.reduce((sum, recording) => sum + recording.seconds, 0)
  const sound = `${recordings.length} recordings, ${seconds.toFixed(0)} s, ${measured.pitch.toFixed(0)} Hz`
  return `${email}${name && ` (${name})`}: ${sound}, ${grants.length} grants`
}

function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2))
}
