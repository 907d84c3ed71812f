/** Runs in a thread of its own, for one recording; see Examiner. */
import { parentPort, workerData } from 'node:worker_threads'
import { RecordingError } from '../exceptions.ts'
import { examineRecording } from './examine.ts'
import type { Examination, ThreadData } from './examiner.ts'

async function examine({ path, program }: ThreadData): Promise<Examination> {
  try {
    return { recording: await examineRecording(path, (pid = 0) => Atomics.store(program, 0, pid)) }
  } catch (error) {
    // A class does not survive the way between two threads.
    if (error instanceof RecordingError) return { fault: error.fault, message: error.message }
    return { failure: error instanceof Error ? String(error.stack) : String(error) }
  }
}

parentPort?.postMessage(await examine(workerData as ThreadData))
