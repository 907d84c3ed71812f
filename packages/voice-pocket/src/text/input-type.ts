import { type Manuscript, plainText } from './manuscript.ts'
import { readSsml } from './ssml/read-ssml.ts'

export const INPUT_TYPES = ['text', 'ssml'] as const
/** What a text is written in. */
export type InputType = (typeof INPUT_TYPES)[number]

const READERS: Readonly<Record<InputType, (text: string) => Manuscript>> = { text: plainText, ssml: readSsml }

/** @throws MarkupError */
export function toManuscript({
  text,
  inputType = 'text',
}: {
  readonly text: string
  readonly inputType?: InputType | undefined
}): Manuscript {
  return READERS[inputType](text)
}
