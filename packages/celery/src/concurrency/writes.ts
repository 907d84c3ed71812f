/** How jobs were spread over children, as Celery's prefork pool shows it. @param jobs how many each has run */
export function writesOf(jobs: readonly number[]): Readonly<Record<string, unknown>> {
  const total = jobs.reduce((sum, count) => sum + count, 0)
  const share = (count: number) => (total === 0 ? 0 : count / total).toFixed(2)
  return {
    total,
    avg: share(jobs.length === 0 ? 0 : total / jobs.length),
    all: jobs.map(share).join(', '),
    raw: jobs.join(', '),
    strategy: 'fair',
    inqueues: { total: jobs.length, active: 0 },
  }
}
