import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { ClusterMetrics, WorkerMetrics } from '../../src/metrics/index.ts'
import { memoryApp } from '../memory-app.ts'

const DOCUMENT = new URL('../../../../docs/monitoring.md', import.meta.url)

/** `celery_task_{sent,received}_total` is two names. */
function expanded(name: string): readonly string[] {
  const [, before = '', list, after = ''] = /^(.*)\{(.+)\}(.*)$/.exec(name) ?? []
  return list === undefined ? [name] : list.split(',').map((part) => `${before}${part}${after}`)
}

describe('docs/monitoring.md', () => {
  it('has every series that there is, and says which of them the exporter has', async (t) => {
    const text = await readFile(DOCUMENT, 'utf8')
    const rows = text.split('\n').filter((line) => line.startsWith('| `celery_'))
    const named = (row: string) =>
      Array.from((row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g), ([, name = '']) => expanded(name)).flat()
    const names = (source: WorkerMetrics | ClusterMetrics) =>
      source.register.getMetricsAsArray().map(({ name }) => name)
    const app = memoryApp(t)
    assert.deepEqual(rows.flatMap(named).sort(), [...names(new WorkerMetrics(app))].sort())
    const marked = rows.filter((row) => row.split(' | ')[0]?.endsWith('●')).flatMap(named)
    const ofExporter = names(new ClusterMetrics(app)).filter((name) => name !== 'celery_task_ignored_total')
    assert.deepEqual(marked.sort(), ofExporter.sort(), 'an event tells of all but of Ignore')
  })
})
