import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, beforeEach, describe, it, type TestContext } from 'node:test'
import { ModelError } from '../../src/exceptions.ts'
import { CATALOGUE } from '../../src/models/catalogue.ts'
import { manifestSchema } from '../../src/models/manifest.ts'
import { ModelStore } from '../../src/models/model-store.ts'
import { Workspace } from '../end-to-end/workspace.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { tarGzOf } from './archives.ts'
import { FileServer } from './file-server.ts'
import { MANIFEST, writeHummingModel } from './humming-model.ts'

describe('ModelStore', () => {
  let server: FileServer
  let archive: Buffer
  const cleanUp = new AsyncDisposableStack()

  before(async () => {
    server = cleanUp.use(await FileServer.start())
    const folder = await temporaryFolder(cleanUp)
    await writeHummingModel(folder)
    const files = await Promise.all(
      ['model.onnx', 'tokens.txt', 'voice-pocket.json'].map(async (name) => ({
        path: `hum-1.0/${name}`,
        content: await readFile(join(folder, name)),
      })),
    )
    archive = tarGzOf(...files)
  })
  after(() => cleanUp.disposeAsync())
  beforeEach(() => {
    server.bytes = archive
    server.etag = '"one"'
    server.ranges.length = 0
  })

  async function open(t: TestContext) {
    const folder = await temporaryFolder(t)
    const models = join(folder, 'models')
    return { folder, models, store: new ModelStore(models) }
  }
  const sha256 = () => createHash('sha256').update(archive).digest('hex')
  const left = async (models: string) => (await readdir(models, { recursive: true })).sort()

  it('has nothing before its folder is there', async (t) => {
    const { store } = await open(t)
    assert.deepEqual(await store.list(), [])
    await assert.rejects(store.remove('x'), /no model "x"; there are: none/)
  })

  it('gets a model from a server, with progress and by its checksum, and removes it', async (t) => {
    const { store, models } = await open(t)
    const progress: (number | undefined)[] = []
    const onProgress = (bytes: number, total?: number) => void progress.push(bytes, total)
    const name = await store.add(server.url('hum-1.0.tar.gz'), { sha256: sha256(), onProgress })
    assert.equal(name, 'hum-1.0')
    assert.deepEqual(progress.slice(-2), [archive.length, archive.length])
    assert.deepEqual(
      (await store.list()).map(({ manifest }) => manifest?.speakers),
      [['low', 'high']],
    )
    assert.deepEqual(await readdir(join(models, '.downloads')), [])
    await assert.rejects(
      store.add(server.url('hum-1.0.tar.gz')),
      /There is a model hum-1\.0.*remove it first/,
    )
    await store.remove(name)
    assert.deepEqual(await store.list(), [])
  })

  it('goes on where the connection was lost', async (t) => {
    const { store } = await open(t)
    const onProgress = server.cutAfter(300)
    await store.add(server.url('hum.tgz'), { sha256: sha256(), onProgress })
    assert.deepEqual(server.ranges, [undefined, 'bytes=300-'])
  })

  it('goes on where an earlier call ended, unless the file is another one now', async (t) => {
    const { store } = await open(t)
    const aborting = new AbortController()
    const reason = new Error('interrupted')
    const onProgress = () => aborting.abort(reason)
    server.misbehaviours.push((response, bytes) => void response.write(bytes.subarray(0, 200)))
    await assert.rejects(store.add(server.url('hum.tgz'), { onProgress, signal: aborting.signal }), reason)
    server.etag = '"two"'
    const onMore = server.cutAfter(100)
    await store.add(server.url('hum.tgz'), { sha256: sha256(), onProgress: onMore })
    assert.deepEqual(server.ranges, [undefined, 'bytes=200-', 'bytes=100-'])
  })

  for (const [what, kept, again] of [
    ['is complete when an earlier call was killed at the very end', 0, []],
    ['begins anew where the server has less than an earlier call kept', 9, [undefined]],
  ] as const) {
    it(what, async (t) => {
      const { store, models } = await open(t)
      const url = server.url('hum.tgz')
      const name = `${createHash('sha256').update(url).digest('hex').slice(0, 16)}-hum.tgz`
      const [folder, all] = [join(models, '.downloads'), archive.length]
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, name), Buffer.concat([archive, Buffer.alloc(kept)]))
      await writeFile(join(folder, `${name}.mark`), server.etag)
      server.misbehaviours.push((response) => {
        response.writeHead(416, { 'Content-Range': `bytes */${all}`, 'Content-Length': 0 }).end()
      })
      assert.equal(await store.add(url, { sha256: sha256() }), 'hum')
      assert.deepEqual([...server.ranges], [`bytes=${all + kept}-`, ...again])
      assert.deepEqual(await readdir(folder), [])
    })
  }

  it('clears away what a command left that was killed while it unpacked', async (t) => {
    const { store, models } = await open(t)
    const [old, fresh] = [join(models, '.draft-old'), join(models, '.draft-fresh')]
    for (const draft of [old, fresh]) await mkdir(join(draft, 'deep'), { recursive: true })
    const before = new Date(Date.now() - 48 * 60 * 60 * 1000)
    await utimes(old, before, before)
    await store.add(server.url('hum.tgz'), { sha256: sha256() })
    assert.deepEqual((await readdir(models)).sort(), ['.downloads', '.draft-fresh', 'hum'])
  })

  it('keeps nothing of a file that has another checksum, or that is no model', async (t) => {
    const { store, models } = await open(t)
    await assert.rejects(
      store.add(server.url('hum.tgz'), { sha256: 'ab' }),
      /SHA-256 [0-9a-f]{64}, but must have ab/,
    )
    assert.deepEqual(await left(models), ['.downloads'])
    server.bytes = Buffer.alloc(2000, 7)
    await assert.rejects(store.add(server.url('noise.tgz')), /noise\.tgz cannot be unpacked/)
    assert.deepEqual(await left(models), ['.downloads'])
    server.bytes = tarGzOf({ path: 'readme', content: 'hello' })
    const url = server.url('other.tgz')
    await assert.rejects(store.add(url), (error) => {
      assert.ok(error instanceof ModelError)
      assert.match(error.message, /other\.tgz is no model: .*voice-pocket\.json cannot be read/)
      assert.doesNotMatch(error.message, /draft/)
      return true
    })
    assert.deepEqual(await left(models), ['.downloads'])
  })

  it('does not try again what is not there', async (t) => {
    const { store } = await open(t)
    server.misbehaviours.push((response) => void response.writeHead(404).end())
    await assert.rejects(store.add(server.url('hum.tgz')), /answered 404; correct the address/)
    assert.equal(server.ranges.length, 1)
  })

  it('takes a folder, and an archive, and a manifest for one that has none', async (t) => {
    const { folder, store } = await open(t)
    await writeHummingModel(join(folder, 'mine'))
    await writeFile(join(folder, 'packed.tar.gz'), archive)
    assert.equal(await store.add(join(folder, 'mine')), 'mine')
    assert.equal(await store.add(join(folder, 'packed.tar.gz')), 'packed')
    const bare = tarGzOf({ path: 'model.onnx', content: 'x' }, { path: 'tokens.txt', content: 'y' })
    await writeFile(join(folder, 'bare.tgz'), bare)
    await store.add(join(folder, 'bare.tgz'), { name: 'named', manifest: MANIFEST })
    const models = await store.list()
    assert.deepEqual(
      models.map(({ name }) => name),
      ['mine', 'named', 'packed'],
    )
    assert.match(String(models[1]?.manifest?.source), /bare\.tgz$/)
  })

  it('lists also what is unusable, with the reason', async (t) => {
    const { store, models } = await open(t)
    await writeHummingModel(join(models, 'broken'), { ...MANIFEST, family: 'parrot' })
    const [broken] = await store.list()
    assert.equal(broken?.manifest, undefined)
    assert.match(String(broken?.reason), /voice-pocket\.json does not describe a model: family/)
  })

  it('refuses names that are none', async (t) => {
    const { store } = await open(t)
    for (const name of ['..', 'a/b', '.hidden', '']) {
      await assert.rejects(store.add('/nowhere', { name }), /cannot be the name of a model/)
      await assert.rejects(store.remove(name), /There is no model/)
    }
    await assert.rejects(store.add('/nowhere'), /\/nowhere cannot be read \(ENOENT\)/)
  })

  it('voice-pocket models: add, list, remove', async (t) => {
    const workspace = await Workspace.open(t)
    const run = async (...args: string[]) => {
      const program = workspace.voicePocket(['models', ...args])
      return { code: await program.exited, output: program.output }
    }
    const added = await run('add', server.url('hum.tar.gz'), '--sha256', sha256())
    assert.equal(added.code, 0, added.output)
    assert.match(added.output, /100 %[\s\S]*hum is there/)
    assert.match((await run('list')).output, /^hum {2}vits, en ko, 2 speakers, 16000 Hz, MIT$/m)
    assert.equal((await run('remove', 'hum')).code, 0)
    const again = await run('remove', 'hum')
    assert.equal(again.code, 1)
    assert.match(again.output, /^voice-pocket: There is no model "hum"/)
  })
})

describe('the catalogue', () => {
  for (const [name, { url, manifest }] of Object.entries(CATALOGUE)) {
    it(`describes ${name} as a model can be`, () => {
      assert.match(
        url,
        /^https:\/\/github\.com\/k2-fsa\/sherpa-onnx\/releases\/download\/tts-models\/.*\.tar\.bz2$/,
      )
      const { languages, speakers } = manifestSchema.parse(manifest)
      assert.equal(new Set(languages).size, languages.length)
      assert.equal(new Set(speakers).size, speakers.length)
    })
  }
})
