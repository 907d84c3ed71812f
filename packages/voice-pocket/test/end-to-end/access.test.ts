/** Keys as an operator has them: made on the command line, good in every process at once. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Workspace } from './workspace.ts'

async function startApi(workspace: Workspace): Promise<string> {
  const program = workspace.voicePocket(['api'], { PORT: '0' })
  const [, address = ''] = await program.says(/listening at (http:\/\/[\d.:]+)/)
  return address
}

/** What a command prints, when it is over and all is well. */
async function output(workspace: Workspace, ...args: string[]): Promise<string[]> {
  const program = workspace.voicePocket(args)
  assert.equal(await program.exited, 0, program.output)
  return program.lines
}

async function createKey(workspace: Workspace, ...options: string[]): Promise<string> {
  const lines = await output(workspace, 'keys', 'create', ...options)
  const key = lines.find((line) => /^vp_\w{12}_\w{43}$/.test(line))
  assert.ok(key, lines.join('\n'))
  return key
}

const statusOf = async (address: string, key?: string) => {
  const headers: Record<string, string> = key === undefined ? {} : { 'X-API-Key': key }
  return (await fetch(`${address}/v1/speech/${randomUUID()}`, { headers })).status
}

test('without keys the service does not listen where others can reach it, and says what to do', async (t) => {
  const workspace = await Workspace.open(t)
  const program = workspace.voicePocket(['api'], { HOST: '0.0.0.0', PORT: '0' })
  assert.equal(await program.exited, 1)
  assert.match(program.output, /HOST is 0\.0\.0\.0, which others can reach, .*\(voice-pocket keys create/)
  const gateway = workspace.voicePocket(['api'], {
    HOST: '0.0.0.0',
    PORT: '0',
    VOICE_POCKET_AUTHENTICATION: 'off',
  })
  await gateway.says(/listening at/)
  assert.match(gateway.output, /VOICE_POCKET_AUTHENTICATION is off/)
})

test('the first key closes two processes that run, which then share its quota, until it is revoked', async (t) => {
  const workspace = await Workspace.open(t)
  const addresses = await Promise.all([startApi(workspace), startApi(workspace)])
  for (const address of addresses) assert.equal(await statusOf(address), 404)

  const user = ['--user', 'minji@example.com', '--name', 'Minji', '--quota', 'requests=5/day']
  const key = await createKey(workspace, ...user)
  for (const address of addresses) assert.equal(await statusOf(address), 401)

  const calls = [0, 1, 0, 1, 0, 1, 0, 1].map((which) => statusOf(String(addresses[which]), key))
  const statuses = await Promise.all(calls)
  assert.equal(statuses.filter((status) => status === 404).length, 5)
  assert.equal(statuses.filter((status) => status === 429).length, 3)

  const prefix = key.slice(0, 15)
  await output(workspace, 'keys', 'revoke', prefix)
  for (const address of addresses) assert.equal(await statusOf(address, key), 401)
  const [head = '', row = ''] = await output(workspace, 'keys', 'list')
  assert.match(head, /^PREFIX +ACTS FOR +STATE/)
  assert.match(row, new RegExp(`^${prefix} +minji@example\\.com +revoked .*requests=5/day +- +Minji$`))
})

test('a command about keys that cannot be followed says why, and changes nothing', async (t) => {
  const workspace = await Workspace.open(t)
  const programs = [['create'], ['revoke', 'vp_nobody']].map((args) =>
    workspace.voicePocket(['keys', ...args]),
  )
  for (const program of programs) {
    assert.equal(await program.exited, 1, program.output)
    assert.match(program.output, /^voice-pocket: [^\n]+$/)
  }
  assert.deepEqual(await output(workspace, 'keys', 'list', '--json'), ['[]'])
})
