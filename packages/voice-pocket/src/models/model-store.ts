import { randomUUID } from 'node:crypto'
import { cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ModelError } from '../exceptions.ts'
import { type Download, download } from './download.ts'
import { MANIFEST, type Manifest, readManifest } from './manifest.ts'
import { unpack } from './unpack.ts'

export interface InstalledModel {
  readonly name: string
  /** Undefined when the folder is none; then the reason says why. */
  readonly manifest?: Manifest
  readonly reason?: string
}

export interface AddOptions extends Pick<Download, 'onProgress' | 'sha256' | 'signal'> {
  /** Under which it is kept; the name of the file or folder unless told. */
  readonly name?: string
  /** For a model that has none of its own. */
  readonly manifest?: object
}

/** What stays of an archive's or a folder's name. */
const ARCHIVE_ENDING = /\.(tar\.(gz|bz2)|tgz|tbz2|tar)$/i
const NAME = /^[a-zA-Z0-9][\w.+-]{0,99}$/
const DOWNLOADS = '.downloads'
const DRAFT = '.draft-'
/** Longer than unpacking takes: what is older was left by a command that was killed. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

/**
 * The models of this machine, each a folder with its manifest.
 * 1. A model appears under its name when it is whole and checked; whatever fails before leaves nothing but what was
 *    downloaded so far, for the next try.
 * 2. Nothing of an archive is written outside of the folder that is made for it.
 */
export class ModelStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async list(): Promise<InstalledModel[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true }).catch(noneWhenMissing)
    const names = entries.filter((entry) => !entry.isFile() && NAME.test(entry.name)).map(({ name }) => name)
    return Promise.all(names.sort().map((name) => this.#look(name)))
  }

  /** The name of the one model there is. @throws ModelError */
  async only(): Promise<string> {
    const names = (await this.list()).map(({ name }) => name)
    if (names.length === 1) return String(names[0])
    throw new ModelError(
      names.length === 0
        ? `There is no model in ${this.#folder}. Get one with: voice-pocket models add`
        : `There are several models in ${this.#folder}; name one of them as the option model: ${names.join(', ')}.`,
    )
  }

  /** From a folder, an archive, or the URL of one. Resolves with its name. @throws ModelError */
  async add(source: string, options: AddOptions = {}): Promise<string> {
    const isUrl = /^https?:\/\//i.test(source)
    const given = isUrl ? decodeURIComponent(new URL(source).pathname) : source
    const { name = basename(given).replace(ARCHIVE_ENDING, '') } = options
    if (!NAME.test(name))
      throw new ModelError(`${JSON.stringify(name)} cannot be the name of a model; use --name.`)
    const folder = join(this.#folder, name)
    if (await isThere(folder)) {
      throw new ModelError(`There is a model ${name} in ${this.#folder}; remove it first, or use --name.`)
    }
    await this.#removeAbandoned()
    const draft = join(this.#folder, `${DRAFT}${randomUUID()}`)
    await mkdir(draft, { recursive: true })
    try {
      if (isUrl) await this.#fetch(source, draft, options)
      else await bring(source, draft, options)
      if (options.manifest) await writeManifest(draft, { ...options.manifest, source })
      await readManifest(draft).catch((error: ModelError) => {
        throw new ModelError(error.message.replaceAll(draft, source), { cause: error })
      })
      await rename(draft, folder)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
    return name
  }

  /** @throws ModelError */
  async remove(name: string): Promise<void> {
    const folder = join(this.#folder, name)
    if (!NAME.test(name) || !(await isThere(folder))) {
      const names = (await this.list()).map((model) => model.name)
      throw new ModelError(
        `There is no model ${JSON.stringify(name)}; there are: ${names.join(', ') || 'none'}.`,
      )
    }
    await rm(folder, { recursive: true })
  }

  async #removeAbandoned(): Promise<void> {
    const names = await readdir(this.#folder).catch(noneWhenMissing)
    for (const path of names
      .filter((name) => name.startsWith(DRAFT))
      .map((name) => join(this.#folder, name))) {
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY })) // gone meanwhile
      if (mtimeMs < Date.now() - ABANDONED_MS) await rm(path, { recursive: true, force: true })
    }
  }

  async #fetch(url: string, draft: string, options: AddOptions): Promise<void> {
    const folder = join(this.#folder, DOWNLOADS)
    await mkdir(folder, { recursive: true })
    const archive = await download({ url, folder, ...options })
    try {
      await unpack(archive, draft)
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      throw new ModelError(error.message.replaceAll(archive, url), { cause: error })
    } finally {
      await rm(archive)
    }
  }

  async #look(name: string): Promise<InstalledModel> {
    try {
      return { name, manifest: await readManifest(join(this.#folder, name)) }
    } catch (error) {
      if (!(error instanceof ModelError)) throw error
      return { name, reason: error.message }
    }
  }
}

async function bring(source: string, draft: string, { sha256 }: AddOptions): Promise<void> {
  const found = await stat(source).catch((cause: NodeJS.ErrnoException) => {
    throw new ModelError(`${source} cannot be read (${cause.code}); give a folder, an archive or a URL.`, {
      cause,
    })
  })
  if (!found.isDirectory()) return unpack(source, draft, sha256)
  await cp(source, draft, { recursive: true, dereference: true })
}

async function writeManifest(folder: string, manifest: object): Promise<void> {
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`)
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function noneWhenMissing(error: NodeJS.ErrnoException): [] {
  if (error.code === 'ENOENT') return []
  throw error
}
