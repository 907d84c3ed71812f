/** What can be set about what is kept; a part of SETTINGS in config.ts. */
import { integer, url } from '../setting.ts'

const TEN_YEARS = 10 * 365 * 86_400

export const STORAGE_SETTINGS = {
  storage: url('VOICE_POCKET_STORAGE', 'file:./data/speech', ['file', 's3'], {
    meaning:
      'Where finished speech is kept; see storage.md. Every process of one service must see the same place.',
  }),
  audioRedirect: integer(
    'VOICE_POCKET_AUDIO_REDIRECT',
    0,
    { min: 0, max: 7 * 86_400 },
    {
      unit: 'seconds',
      meaning:
        'Send whoever asks for a sound to the bucket itself, by an address that is good for so long. ' +
        '0: the HTTP API hands out the bytes. Only with an `s3:` storage.',
    },
  ),
  retention: integer(
    'VOICE_POCKET_RETENTION',
    0,
    { min: 0, max: TEN_YEARS },
    {
      unit: 'seconds',
      meaning:
        'Speech is deleted when it is older, with its captions and all that was made of it; never voices or ' +
        'recordings. 0 keeps it for ever. `voice-pocket storage retention` says otherwise for one owner.',
    },
  ),
  sweepInterval: integer(
    'VOICE_POCKET_SWEEP_INTERVAL',
    3_600,
    { min: 0, max: 30 * 86_400 },
    {
      unit: 'seconds',
      meaning:
        'How often one of the workers looks for speech to delete. 0 leaves that to `voice-pocket storage sweep`.',
    },
  ),
} as const
