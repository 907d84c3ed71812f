import { RecordingError } from '../../exceptions.ts'

export function tooLong(maxSeconds: number): RecordingError {
  return new RecordingError(
    'too_long',
    `The recording is longer than ${maxSeconds} seconds; send a shorter one.`,
  )
}
