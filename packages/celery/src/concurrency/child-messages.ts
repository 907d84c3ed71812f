/** What a pool and its children say to each other, over Node's IPC channel or a MessagePort. */
import type { Reading } from '../app/measures.ts'
import type { LooseSettings } from '../app/settings.ts'
import type { Outcome } from '../app/trace.ts'
import type { Job } from './base.ts'

/** The first word: which app to be. */
export interface Boot {
  readonly kind: 'boot'
  /** Absolute path of the module that exports the app. */
  readonly appModule: string
  /** Settings that the worker was started with, over those in the module. */
  readonly settings: LooseSettings
  /** To import besides those that the settings name. */
  readonly modules: readonly string[]
  /** Its memory is limited: it tells after each job what it uses, and not only now and then. */
  readonly watchesMemory: boolean
}

export type ToChild =
  | Boot
  | { readonly kind: 'run'; readonly job: Job }
  | { readonly kind: 'cancel' }
  /** Nothing more comes: end. */
  | { readonly kind: 'leave' }

export type FromChild =
  | { readonly kind: 'ready' }
  /** The app could not be loaded. */
  | { readonly kind: 'unfit'; readonly reason: string }
  | { readonly kind: 'accepted' }
  | Ended

/** How a job ended, and what it left of the child. */
export type Ended = Afterwards &
  (
    | { readonly kind: 'done'; readonly outcome: Outcome }
    /** The outcome could not be reached, e.g. the result backend is away; nothing was stored. */
    | { readonly kind: 'broken'; readonly reason: string }
  )

export interface Afterwards {
  /** That it uses now, or did a moment ago, in KiB. */
  readonly memory: number
  /** What the app measures there, if it has changed. */
  readonly readings?: readonly Reading[]
}
