/** Runs in a thread of its own, for one recording; see Examiner. */
import { parentPort, workerData } from 'node:worker_threads'
import { RecordingError } from '../exceptions.ts'
import { examineRecording } from './examine.ts'
import type { Examination } from './examiner.ts'

async function examine(path: string): Promise<Examination> {
  try {
    return { recording: await examineRecording(path) }
  } catch (error) {
    // A class does not survive the way between two threads.
    if (error instanceof RecordingError) return { fault: error.fault, message: error.message }
    throw error
  }
}

parentPort?.postMessage(await examine(String(workerData)))
