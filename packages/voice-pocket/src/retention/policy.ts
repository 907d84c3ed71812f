import * as z from 'zod'
import type { Records } from '../records.ts'
import { folderOf } from '../storage/key.ts'

/** What is kept longer, or not as long, as the rest. */
export interface Exception {
  readonly email: string
  /** 0 for ever. */
  readonly seconds: number
}

const exceptionSchema = z.object({ email: z.string(), seconds: z.int().min(0) })
const PREFIX = 'retention/'

/** How long whose speech is kept: one default, and exceptions that every process of the service knows at once. */
export class RetentionPolicy {
  readonly #records: Pick<Records, 'get' | 'update' | 'delete' | 'list'>
  readonly #defaultSeconds: number

  /** 0 seconds are for ever, here and below. */
  constructor(records: Pick<Records, 'get' | 'update' | 'delete' | 'list'>, defaultSeconds: number) {
    this.#records = records
    this.#defaultSeconds = defaultSeconds
  }

  async secondsOf(email: string): Promise<number> {
    const value = await this.#records.get(PREFIX + email)
    return value === undefined ? this.#defaultSeconds : exceptionSchema.parse(value).seconds
  }

  async set(email: string, seconds: number): Promise<void> {
    await this.#records.update(PREFIX + email, (): Exception => ({ email, seconds }))
  }

  /** Back to the default. */
  async reset(email: string): Promise<void> {
    await this.#records.delete(PREFIX + email)
  }

  async exceptions(): Promise<Exception[]> {
    return (await this.#records.list(PREFIX)).map(({ value }) => exceptionSchema.parse(value))
  }

  /** As it is now, by the folder of the owner: a folder does not always tell the e-mail. */
  async byFolder(): Promise<(folder: string) => number> {
    const seconds = new Map((await this.exceptions()).map((each) => [folderOf(each.email), each.seconds]))
    return (folder) => seconds.get(folder) ?? this.#defaultSeconds
  }
}
