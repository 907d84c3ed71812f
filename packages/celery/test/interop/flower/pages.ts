import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Browser, chromium, type Locator, type Page } from 'playwright-core'
import { serviceFrom } from '../../service.ts'
import type { Watched } from './watched.ts'

export const browser = serviceFrom('CHROMIUM')

/** What a human sees, in a browser. */
export function pagesShow(at: () => Watched): void {
  describe('in a browser', { skip: browser.skip }, () => {
    let chrome: Browser
    let page: Page

    before(async () => {
      // As root and in a container, whose shared memory may be small.
      const args = ['--no-sandbox', '--disable-dev-shm-usage']
      chrome = await chromium.launch({ executablePath: browser.value, args })
      page = await chrome.newPage()
    })
    after(() => chrome.close())

    const open = async (path: string) => {
      const response = await page.goto(at().flower.page(path))
      assert.equal(response?.status(), 200)
    }
    const openTab = async (name: string) => {
      await page.getByRole('tab', { name }).click()
      return page.getByRole('tabpanel', { name })
    }

    const sees = (text: string, where: Locator) =>
      where.getByText(text, { exact: true }).filter({ visible: true }).first().waitFor()

    it('shows that our worker is online', async () => {
      await open('/workers')
      await sees('Online', page.getByRole('row', { name: at().ours.name }))
    })

    it('shows the pool, the queues and the tasks of our worker', async () => {
      const { ours, flower, running } = at()
      await flower.refresh(ours.name)
      await open(`/worker/${ours.name}`)
      await sees(running.worker.pool.info.processes.join(', '), page.getByRole('tabpanel', { name: 'Pool' }))
      await sees(ours.queue, await openTab('Queues'))
      await sees('js.add', await openTab('Tasks'))
      await sees('js.spin', await openTab('Limits'))
      await sees('task_default_queue', await openTab('Config'))
    })

    it('shows what became of a task', async () => {
      const { ours, flower } = at()
      const id = await at().send(ours, ours.fail, { args: ['no'] })
      await flower.hears('task-failed', ours.name, id)
      await open(`/task/${id}`)
      const details = page.locator('#task-page')
      for (const text of ['js.fail', id, 'FAILURE', "['no']", "RangeError('no')", ours.name])
        await sees(text, details)
    })

    it('has buttons that change our worker', async () => {
      const { ours, running } = at()
      await open(`/worker/${ours.name}`)
      for (const [button, size] of [
        ['Grow', 3],
        ['Shrink', 2],
      ] as const) {
        const answered = page.waitForResponse(/api.worker.pool/)
        await page.getByRole('button', { name: button }).click()
        assert.equal((await answered).status(), 200)
        assert.equal(running.worker.pool.info['max-concurrency'], size)
      }
    })
  })
}
