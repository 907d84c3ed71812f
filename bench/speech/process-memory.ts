import { readdir, readFile } from 'node:fs/promises'

const SAMPLE_EVERY_MS = 250

/**
 * Of a process and all that it started, in MiB. What several of them share is counted once (PSS), as no sum of `ps`
 * would. Only Linux tells; elsewhere it is not a number.
 */
export async function memoryOf(pid: number): Promise<number> {
  if (process.platform !== 'linux') return Number.NaN
  const all = await familyOf(pid)
  const each = await Promise.all(all.map(proportionalSize))
  return each.reduce((sum, size) => sum + size, 0) / 1024
}

/** The most of all that was seen while this lasted. */
export async function peakMemoryOf(pid: number, work: Promise<unknown>): Promise<number> {
  let [peak, isOver] = [0, false]
  const over = work.finally(() => {
    isOver = true
  })
  while (!isOver) {
    peak = Math.max(peak, await memoryOf(pid))
    await Promise.race([over, new Promise((resolve) => setTimeout(resolve, SAMPLE_EVERY_MS))])
  }
  return peak
}

async function familyOf(pid: number): Promise<number[]> {
  const threads = await orNothing(readdir(`/proc/${pid}/task`), [])
  const children = await Promise.all(
    threads.map((thread) => orNothing(readFile(`/proc/${pid}/task/${thread}/children`, 'utf8'), '')),
  )
  const pids = children.join(' ').split(/\s+/).filter(Boolean).map(Number)
  return [pid, ...(await Promise.all(pids.map(familyOf))).flat()]
}

/** In KiB. */
async function proportionalSize(pid: number): Promise<number> {
  const rollup = await orNothing(readFile(`/proc/${pid}/smaps_rollup`, 'utf8'), '')
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
}

/** A process can end while it is looked at. */
function orNothing<Value>(found: Promise<Value>, nothing: Value): Promise<Value> {
  return found.catch(() => nothing)
}
