/** What a task answers: docs/engines.md has the contract. */
import { readFile, rm } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import * as z from 'zod'
import { SynthesisError } from '../../exceptions.ts'

const schema = z.union([
  z.strictObject({ audio: z.base64().min(1) }),
  z.strictObject({ path: z.string().min(1) }),
])

/** The bytes of the sound. A file is removed once it is read. @throws SynthesisError */
export async function readTaskAnswer(answer: unknown, folder: string | undefined): Promise<Uint8Array> {
  const parsed = schema.safeParse(answer)
  if (!parsed.success) {
    throw new SynthesisError(
      'The task answered neither {"audio": base64} nor {"path": name}; see engines.md.',
    )
  }
  if ('audio' in parsed.data) return Buffer.from(parsed.data.audio, 'base64')
  return takeFile(parsed.data.path, folder)
}

async function takeFile(path: string, folder: string | undefined): Promise<Uint8Array> {
  if (folder === undefined) {
    throw new SynthesisError(`The task answered the path ${path}, but the engine has no option folder.`)
  }
  const root = resolve(folder)
  const file = resolve(root, path)
  if (!file.startsWith(root + sep)) {
    throw new SynthesisError(`The task answered the path ${path}, which is outside of ${folder}.`)
  }
  try {
    const bytes = await readFile(file)
    await rm(file)
    return bytes
  } catch (cause) {
    throw new SynthesisError(`The task answered the path ${path}: ${(cause as Error).message}.`, { cause })
  }
}
