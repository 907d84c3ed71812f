import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, test } from 'node:test'
import { promisify } from 'node:util'
import { StorageError } from '../../src/exceptions.ts'
import { FilesystemStorage } from '../../src/storage/filesystem.ts'
import { createStorage } from '../../src/storage/index.ts'
import { speechKey } from '../../src/storage/key.ts'
import { storageConformance } from '../storage-conformance.ts'

const run = promisify(execFile)
const folders: string[] = []

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'voice-pocket-storage-'))
  folders.push(folder)
  return folder
}

after(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

storageConformance(
  'FilesystemStorage',
  async () => new FilesystemStorage(join(await emptyFolder(), 'not', 'yet')),
)

describe('FilesystemStorage', () => {
  it('writes a file where its URL says', async () => {
    const storage = new FilesystemStorage(await emptyFolder())
    const key = speechKey('Kim@Example.com', '../x y')
    await storage.write(key, Buffer.from('sound'))
    assert.equal(await readFile(new URL(storage.url(key)), 'utf8'), 'sound')
  })

  it('takes an empty folder away, also while others write into it', async () => {
    const storage = new FilesystemStorage(await emptyFolder())
    await storage.write('a/one.parts/1', Buffer.from('1'))
    await storage.delete('a/one.parts/1')
    await storage.delete('a/one.parts/1')
    assert.deepEqual(await readdir(storage.root), ['.incoming', 'a'])
    const names = Array.from({ length: 40 }, (_, i) => `b/${i}`)
    await Promise.all(
      names.map(async (name, i) => {
        await storage.write(name, Buffer.from(name))
        if (i % 2 === 0) await storage.delete(name)
      }),
    )
    assert.equal((await readdir(join(storage.root, 'b'))).length, 20)
  })

  it('leaves nothing but the files themselves behind', async () => {
    const storage = new FilesystemStorage(await emptyFolder())
    await storage.write('a/one', Buffer.from('1'))
    await storage.create('a/one', Buffer.from('2'))
    await assert.rejects(
      storage.write(
        'a/two',
        (async function* () {
          yield Buffer.from('x')
          throw new Error('no')
        })(),
      ),
    )
    await storage.check()
    assert.deepEqual(await readdir(join(storage.root, '.incoming')), [])
    assert.deepEqual(await readdir(join(storage.root, 'a')), ['one'])
  })

  it('removes what a killed process left a day ago, and nothing younger', async () => {
    const storage = new FilesystemStorage(await emptyFolder())
    const incoming = join(storage.root, '.incoming')
    await mkdir(incoming)
    await writeFile(join(incoming, 'left'), 'half a file')
    await writeFile(join(incoming, 'being written'), 'half a file')
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000)
    await utimes(join(incoming, 'left'), yesterday, yesterday)
    await storage.check()
    assert.deepEqual(await readdir(incoming), ['being written'])
  })

  it('says what is wrong with a place that is no folder', async () => {
    const folder = await emptyFolder()
    await writeFile(join(folder, 'file'), '')
    await assert.rejects(new FilesystemStorage(join(folder, 'file')).check(), StorageError)
    const error = { name: 'StorageError', message: /file.*Check the folder/ }
    await assert.rejects(new FilesystemStorage(join(folder, 'file')).write('a/b', Buffer.from('x')), error)
  })
})

describe('createStorage', () => {
  it('takes relative and absolute folders', async () => {
    const roots = await Promise.all(
      ['file:./some%20data', 'file:some data', 'file:///srv/speech', 'file:/srv/speech'].map(
        async (url) => ((await createStorage(url)) as FilesystemStorage).root,
      ),
    )
    const here = join(process.cwd(), 'some data')
    assert.deepEqual(roots, [here, here, '/srv/speech', '/srv/speech'])
  })

  it('says which schemes there are', async () => {
    await assert.rejects(createStorage('gs://bucket'), /StorageError: .*"gs:\/\/bucket".*file:.* or s3:/)
    await assert.rejects(createStorage('constructor:x'), StorageError)
    await assert.rejects(createStorage('./data'), StorageError)
    await assert.rejects(createStorage('file:'), /names no folder/)
  })
})

test('files and folders are their owner’s alone, whatever the umask allows', async () => {
  const folder = join(await emptyFolder(), 'new', 'data')
  const program = `
    process.umask(0)
    const { createStorage } = await import(process.argv[1])
    const storage = await createStorage(process.argv[2])
    await storage.write('kim@example.com/one.wav', Buffer.from('x'))
    await storage.create('kim@example.com/voice.json', Buffer.from('x'))`
  const module = new URL('../../src/storage/index.ts', import.meta.url).href
  await run(process.execPath, ['--input-type=module', '-e', program, module, `file:${folder}`])
  const modes = async (...paths: string[]) =>
    Promise.all(paths.map(async (path) => ((await stat(join(folder, path))).mode & 0o777).toString(8)))
  assert.deepEqual(await modes('..', '.', '.incoming', 'kim@example.com'), ['700', '700', '700', '700'])
  assert.deepEqual(await modes('kim@example.com/one.wav', 'kim@example.com/voice.json'), ['600', '600'])
})
