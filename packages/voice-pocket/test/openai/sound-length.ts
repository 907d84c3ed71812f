import { ALL_FORMATS, BufferSource, Input } from 'mediabunny'

/** Of a file of any format, by what its packets say of themselves; `pcm` is OpenAI's. */
export async function soundLength(bytes: Uint8Array, format: string): Promise<number> {
  if (format === 'pcm') return bytes.length / 2 / 24_000
  using input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS })
  return await input.computeDuration()
}
