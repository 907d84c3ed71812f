/** What a model's folder says of itself, in `voice-pocket.json`; docs/engines.md explains it. */
import { readFile, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import * as z from 'zod'
import { ModelError } from '../exceptions.ts'
import { FAMILIES, type Family, type FamilyName } from './families.ts'

export const MANIFEST = 'voice-pocket.json'

const file = z.string().min(1)
const filesOf = z.union([file, z.array(file).min(1)])

export const manifestSchema = z
  .strictObject({
    family: z.enum(Object.keys(FAMILIES) as [FamilyName, ...FamilyName[]]),
    /** Paths in the folder. */
    files: z.record(z.string(), filesOf),
    languages: z
      .array(z.string().regex(/^[a-z]{2,3}(-[a-z0-9]{1,8})*$/, 'must be a language tag in lower case'))
      .min(1),
    /** Names for the speakers 0, 1 and so on; the first one speaks when none is named. */
    speakers: z.array(z.string().regex(/^[^\s\p{C}]{1,100}$/u, 'must be a name without blanks')).default([]),
    /** In Hz; what the model says unless told. */
    sampleRate: z.int().min(8000).max(96_000).optional(),
    licence: z.string().min(1),
    settings: z.record(z.string(), z.number()).default({}),
    /** How many steps of refinement, where the family has them. */
    steps: z.int().min(1).max(100).optional(),
    ruleFsts: z.array(file).default([]),
    ruleFars: z.array(file).default([]),
    /** Where it came from. */
    source: z.string().optional(),
  })
  .superRefine(({ family, files, settings }, context) => {
    const { files: needed, optional = [], numbers = [] }: Family = FAMILIES[family]
    const complain = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message })
    for (const name of needed) {
      if (files[name] === undefined) complain(['files', name], `is needed by the family ${family}`)
    }
    for (const name of Object.keys(files)) {
      if (![...needed, ...optional].includes(name))
        complain(['files', name], `is unknown to the family ${family}`)
    }
    for (const name of Object.keys(settings)) {
      if (!numbers.includes(name)) complain(['settings', name], `is unknown to the family ${family}`)
    }
  })

export type Manifest = Readonly<z.output<typeof manifestSchema>>

/**
 * Reads the manifest of a folder and sees that each of its files is there.
 * @throws ModelError that names the file
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ModelError(
      `${folder} is no model: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}). ` +
        `Write one as engines.md describes, or use voice-pocket models add.`,
      { cause },
    )
  }
  const manifest = parseManifest(text, path)
  const { files, ruleFsts, ruleFars } = manifest
  for (const name of [...Object.values(files).flat(), ...ruleFsts, ...ruleFars])
    await assertThere(folder, name)
  return manifest
}

/** @throws ModelError */
export function parseManifest(text: string, path: string): Manifest {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (cause) {
    throw new ModelError(`${path} is not JSON: ${(cause as Error).message}. Correct it.`, { cause })
  }
  const parsed = manifestSchema.safeParse(document)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`)
  throw new ModelError(`${path} does not describe a model: ${problems.join('; ')}. Correct it.`)
}

/** The library ends its process over a file that is missing; so this asks first. */
async function assertThere(folder: string, name: string): Promise<void> {
  const path = resolve(folder, name)
  if (!path.startsWith(resolve(folder) + sep)) {
    throw new ModelError(
      `${join(folder, MANIFEST)} names ${name}, which is outside of the folder. Correct it.`,
    )
  }
  try {
    const { size } = await stat(path)
    if (size > 0) return
  } catch (cause) {
    throw new ModelError(
      `${path}, which ${MANIFEST} names, cannot be read (${(cause as NodeJS.ErrnoException).code}). ` +
        `Get the model once more, or correct the manifest.`,
      { cause },
    )
  }
  throw new ModelError(`${path}, which ${MANIFEST} names, is empty. Get the model once more.`)
}
