import assert from 'node:assert/strict'
import { constants } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { serviceFrom } from '../service.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { ScreenProcess } from './monitor/screen-process.ts'

const python = serviceFrom('PYTHON_VENV')

describe('--json of what runs until it is stopped', { skip: python.skip, timeout: 120_000 }, () => {
  for (const [command, ready] of [
    [['worker', '-P', 'solo', '-l', 'info'], / ready\."/],
    [['beat', '-l', 'info'], /beat: Starting\.\.\.|leads/],
  ] as const) {
    it(`is a JSON object a line on a terminal, too, and no banner: ${command[0]}`, async (t) => {
      const folder = await temporaryFolder(t)
      const broker = ['-b', `sqlite:///${join(folder, 'broker.sqlite')}`]
      const schedule = command[0] === 'beat' ? ['-s', join(folder, 'schedule')] : []
      await using screen = new ScreenProcess(python.value, [...broker, ...command, ...schedule, '--json'])
      await screen.shows(ready)
      screen.signal(constants.signals.SIGTERM)
      assert.equal((await screen.ended()).code, 0)
      const lines = screen.written.split(/\r*\n/).filter((line) => line !== '')
      for (const line of lines) assert.equal(typeof JSON.parse(line).msg, 'string', line)
    })
  }
})
