/** What can be set about OpenAI's API; a part of SETTINGS in config.ts. */
import { readEmail } from '../../email.ts'
import { name } from '../../setting.ts'
import { readVoiceNames, VOICE_NAMES } from './names.ts'

const voices = name('VOICE_POCKET_OPENAI_VOICES', '', VOICE_NAMES, {
  meaning:
    'Names for voices that clients of `/v1/audio/speech` may ask for, as `alloy=f2,nova=minji@example.com`: each stands ' +
    'for a voice of an engine, or for that of a person.',
  rule: 'names and what they stand for, such as alloy=f2, each name once',
})

export const OPENAI_SETTINGS = {
  openAiEmail: {
    ...name('VOICE_POCKET_OPENAI_EMAIL', 'openai@voice-pocket.invalid', /@/, {
      meaning:
        'In whose name `/v1/audio/speech` asks for callers without an address of their own: all of them where there ' +
        'are no keys, and services.',
      rule: 'an e-mail address',
    }),
    parse: readEmail,
  },
  openAiVoices: {
    ...voices,
    parse: (text: string) => {
      const count = text.split(',').length
      return VOICE_NAMES.test(text) && readVoiceNames(text).size === count ? text : undefined
    },
  },
} as const
