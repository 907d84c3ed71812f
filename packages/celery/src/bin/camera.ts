import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type CameraOptions, Polaroid } from '../events/snapshot.ts'
import type { State } from '../events/state.ts'
import type { Celery } from '../index.ts'
import { usageError } from './failure.ts'

type CameraClass = new (state: State, options: CameraOptions) => Polaroid

/** Takes snapshots with the camera of a module until the signal aborts, and then the last one. */
export async function runCamera(
  app: Celery,
  path: string,
  { signal, ...options }: CameraOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const Camera = await findCamera(path)
  const state = app.events.state()
  await using receiver = app.events.receiver({
    onEvent: (event) => state.event(event),
    onError: (error) => options.logger.warn({ err: error }, 'The camera hears nothing for now'),
  })
  await using camera = new Camera(state, options)
  camera.start()
  await receiver.run({ signal })
}

/** The class that was named (`./camera.ts:Name`), or else the default export, or the only camera there is. */
async function findCamera(modulePath: string): Promise<CameraClass> {
  const [, file = modulePath, name] = /^(.*\.[cm]?[jt]s):(\w+)$/.exec(modulePath) ?? []
  const path = resolve(file)
  const module: Record<string, unknown> = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw usageError(`The camera's module ${path} cannot be imported: ${String(cause)}`, { cause })
  })
  const chosen = name === undefined ? [module.default, ...Object.values(module)] : [module[name]]
  const cameras = new Set(chosen.filter(isCamera))
  const [camera] = cameras
  if (camera && (cameras.size === 1 || isCamera(module.default))) return camera
  throw usageError(
    `${path} exports ${cameras.size} cameras. Export one class that extends Polaroid, as default.`,
  )
}

function isCamera(value: unknown): value is CameraClass {
  return typeof value === 'function' && value.prototype instanceof Polaroid
}
