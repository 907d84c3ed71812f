/** What npm would publish, installed where nothing else is and used as the READMEs say: under each supported Node. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import {
  celeryArguments,
  programsOf,
  RunningProgram,
  run,
  writePrograms,
} from '../../packages/celery/test/readme-programs.ts'
import { installNode, registryIsMissing, withNode } from './node-versions.ts'
import { copyWorkspace, PACKAGES, REPOSITORY } from './workspace-copy.ts'

const execute = promisify(execFile)

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline']
const TYPES = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')).devDependencies[
  '@types/node'
]

/** The oldest that `engines` allows, and the one that runs this. */
const NODES = ['22.18.0', process.versions.node]

const readme = await readFile(join(REPOSITORY, 'packages/celery/README.md'), 'utf8')
const programs = programsOf(readme)
const [tasks, call] = programs
const periodic = programs.find(({ file }) => file === 'periodic.ts')
assert.ok(tasks && call && periodic)

describe('the published packages', { timeout: 180_000, skip: await registryIsMissing() }, () => {
  let folder: string
  let tarballs: string[]

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'published-'))
    const workspace = join(folder, 'workspace')
    await copyWorkspace(workspace)
    const packed = join(folder, 'packed')
    await mkdir(packed)
    await execute('npm', ['pack', '--workspaces', '--loglevel=error', '--pack-destination', packed], {
      cwd: workspace,
    })
    tarballs = (await readdir(packed)).map((file) => join(packed, file))
    for (const name of PACKAGES) await assertAsBefore(join('packages', name, 'package.json'), workspace)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('hold what was compiled, a README and the licence, and nothing else', async () => {
    assert.equal(tarballs.length, PACKAGES.length)
    for (const tarball of tarballs) {
      const { stdout } = await execute('tar', ['-tzf', tarball])
      const files = stdout.trimEnd().split('\n').sort()
      const others = files.filter((file) => !/^package\/dist\/.+\.(js|js\.map|d\.ts)$/.test(file))
      assert.deepEqual(others, ['package/LICENSE', 'package/README.md', 'package/package.json'], tarball)
      assert.ok(files.includes('package/dist/index.js') && files.includes('package/dist/index.d.ts'), tarball)
    }
  })

  for (const version of NODES) {
    describe(`under Node ${version}`, () => {
      let reader: string
      let env: NodeJS.ProcessEnv

      before(async () => {
        const node = version === process.versions.node ? process.execPath : await installNode(version)
        env = withNode(node)
        reader = join(folder, `reader-${version}`)
        await mkdir(reader)
        await writeFile(join(reader, 'package.json'), '{ "private": true, "type": "module" }')
        const install = ['install', ...QUIET, ...tarballs, `@types/node@${TYPES}`]
        await execute('npm', install, { cwd: reader, env })
        await writePrograms(reader, [tasks, call, periodic])
      })

      it('can be imported, each export of each package', async () => {
        const names = await Promise.all(PACKAGES.map((name) => exportsOf(name)))
        const source = names.flat().map((name) => `await import('${name}');`)
        await run(reader, ['node', '--input-type=module', '-e', source.join('')], env)
      })

      it('load SQLite only for who uses it, since old Nodes warn of it', async () => {
        await using celery = new RunningProgram(
          reader,
          ['node', 'node_modules/.bin/celery', '--version'],
          env,
        )
        assert.equal(await celery.ended, 0)
        assert.match(celery.words, /^\d+\.\d+\.\d+\n$/)
      })

      it('have types for the first program of the README', async () => {
        const compilerOptions = {
          target: 'es2022',
          module: 'nodenext',
          strict: true,
          noEmit: true,
          types: ['node'],
        }
        const configuration = { compilerOptions: { ...compilerOptions, allowImportingTsExtensions: true } }
        await writeFile(join(reader, 'tsconfig.json'), JSON.stringify(configuration))
        await run(reader, [join(REPOSITORY, 'node_modules/.bin/tsc'), '-p', '.'], env)
      })

      it('run the first program of the README, with child processes', async () => {
        const celery = ['node', 'node_modules/.bin/celery', ...celeryArguments(readme)]
        await using worker = new RunningProgram(reader, celery, env)
        assert.deepEqual((await run(reader, ['node', call.file], env)).trimEnd().split('\n'), call.prints)
        await worker.says(/ ready\./)
        assert.equal(await worker.stop(), 0)
      })

      it('run periodic tasks, from a schedule that is kept', async () => {
        const celery = ['node', 'node_modules/.bin/celery', ...celeryArguments(readme, 'beat')]
        for (let time = 1; time <= 2; time += 1) {
          await using beat = new RunningProgram(reader, celery, env)
          await beat.says(/leads; the schedule is in/)
          assert.equal(await beat.stop(), 0)
        }
      })

      it('speak', async () => {
        await run(reader, ['npx', '--no-install', 'voice-pocket', 'say', 'hello', '-o', 'x.wav'], env)
        const sound = await readFile(join(reader, 'x.wav'))
        assert.equal(sound.toString('latin1', 0, 4), 'RIFF')
        assert.ok(sound.length > 10_000, `${sound.length} bytes are no 'hello'`)
      })
    })
  }
})

async function exportsOf(name: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(REPOSITORY, 'packages', name, 'package.json'), 'utf8'))
  return Object.keys(manifest.exports).map((subpath) => `${manifest.name}${subpath.slice(1)}`)
}

/** Packing leaves no trace in what development uses. */
async function assertAsBefore(file: string, workspace: string): Promise<void> {
  const [now, before] = await Promise.all(
    [workspace, REPOSITORY].map((root) => readFile(join(root, file), 'utf8')),
  )
  assert.equal(now, before, `${dirname(file)} is not as it was before it was packed`)
}
