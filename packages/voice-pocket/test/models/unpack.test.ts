import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ModelError } from '../../src/exceptions.ts'
import { unpack } from '../../src/models/unpack.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { type Entry, TAR_BZ2, tarGzOf, tarOf } from './archives.ts'

/** Unpacks into `<folder>/model`. */
async function bench(t: TestContext, name: string, bytes: Uint8Array) {
  const folder = await temporaryFolder(t)
  const archive = join(folder, name)
  await writeFile(archive, bytes)
  const files = async () => (await readdir(folder, { recursive: true })).sort()
  return {
    folder,
    archive,
    files,
    unpack: (sha256?: string) => unpack(archive, join(folder, 'model'), sha256),
  }
}

describe('unpack', () => {
  it('leaves out the one folder at the top', async (t) => {
    const bytes = tarGzOf(
      { path: './top/', type: 'Directory' },
      { path: './top/a.txt', content: 'A' },
      { path: 'top/deep/b.txt', content: 'B'.repeat(100_000) },
      { path: 'top/empty/', type: 'Directory' },
    )
    const { folder, files, unpack } = await bench(t, 'm.tar.gz', bytes)
    await unpack()
    assert.deepEqual(await files(), [
      'm.tar.gz',
      'model',
      'model/a.txt',
      'model/deep',
      'model/deep/b.txt',
      'model/empty',
    ])
    assert.equal((await readFile(join(folder, 'model/deep/b.txt'), 'utf8')).length, 100_000)
  })

  it('keeps what lies at the top', async (t) => {
    const { files, unpack } = await bench(
      t,
      'm.tar',
      tarOf({ path: 'a', content: '1' }, { path: 'd/b', content: '2' }),
    )
    await unpack()
    assert.deepEqual(await files(), ['m.tar', 'model', 'model/a', 'model/d', 'model/d/b'])
  })

  it('reads bzip2', async (t) => {
    const { folder, unpack } = await bench(t, 'm.tar.bz2', TAR_BZ2)
    await unpack()
    assert.equal(await readFile(join(folder, 'model/one.txt'), 'utf8'), 'hello\n')
  })

  for (const [what, entries, code] of [
    [
      'the same file twice',
      [
        { path: 'a', content: '1' },
        { path: 'a', content: '2' },
      ],
      'EEXIST',
    ],
    [
      'a file below a file',
      [
        { path: 'a', content: '1' },
        { path: 'a/b', content: '2' },
      ],
      'EEXIST|ENOTDIR',
    ],
  ] as const) {
    it(`says which entry cannot be written, of an archive with ${what}`, async (t) => {
      const { unpack } = await bench(t, 'm.tar', tarOf({ path: 'c', content: '3' }, ...entries))
      await assert.rejects(unpack(), (error) => {
        assert.ok(error instanceof ModelError, String(error))
        assert.match(error.message, new RegExp(`"a(/b)?" cannot be written \\((${code})\\)`))
        return true
      })
    })
  }

  const evil: readonly (readonly [string, Entry, RegExp])[] = [
    ['climbs out', { path: '../out', content: 'x' }, /"\.\.\/out" leads out/],
    ['climbs out from within', { path: 'a/../../out', content: 'x' }, /leads out/],
    ['is absolute', { path: '/tmp/voice-pocket-evil', content: 'x' }, /no path within/],
    ['is absolute on Windows', { path: 'C:/evil', content: 'x' }, /no path within/],
    ['climbs out on Windows', { path: '..\\out', content: 'x' }, /no path within/],
    ['is a symbolic link', { path: 'l', type: 'SymbolicLink', linkpath: '/etc' }, /"l" is a SymbolicLink/],
    ['is a hard link', { path: 'l', type: 'Link', linkpath: '/etc/passwd' }, /"l" is a Link/],
    ['is a device', { path: 'd', type: 'CharacterDevice' }, /"d" is a CharacterDevice/],
    ['is far larger than the archive', { path: 'b', size: 2 ** 32 }, /"b" makes it more than \d+ bytes/],
  ]
  for (const [what, entry, says] of evil) {
    it(`refuses an archive with an entry that ${what}, and writes nothing`, async (t) => {
      const bytes = tarGzOf({ path: 'good.txt', content: 'good' }, entry)
      const { files, unpack } = await bench(t, 'm.tgz', bytes)
      await assert.rejects(unpack(), (error) => {
        assert.ok(error instanceof ModelError, String(error))
        assert.match(error.message, says)
        return true
      })
      assert.deepEqual(await files(), ['m.tgz'])
    })
  }

  it('refuses more files than a model can have', async (t) => {
    const entries = Array.from({ length: 20_001 }, (_, index) => ({ path: `f${index}` }))
    const { unpack } = await bench(t, 'm.tgz', tarGzOf(...entries))
    await assert.rejects(unpack(), /more than 20000 files/)
  })

  it('reads no further than to the end of the archive, whatever follows', async (t) => {
    const archive = gzipSync(Buffer.concat([tarOf({ path: 'a' }), Buffer.alloc(20 * 1024 * 1024)]))
    // Whoever read all of it would find that its end is missing.
    const { files, unpack } = await bench(t, 'm.tar.gz', archive.subarray(0, -1000))
    await unpack()
    assert.deepEqual(await files(), ['m.tar.gz', 'model', 'model/a'])
  })

  it('refuses headers without an end', async (t) => {
    const header = tarOf({ path: 'h', type: 'GlobalExtendedHeader', size: 2 ** 32 }).subarray(0, 512)
    const bytes = gzipSync(Buffer.concat([header, Buffer.alloc(80 * 1024 * 1024, 'x')]))
    const { files, unpack } = await bench(t, 'm.tar.gz', bytes)
    await assert.rejects(unpack(), /is more than \d+ bytes, which it cannot honestly hold/)
    assert.deepEqual(await files(), ['m.tar.gz'])
  })

  it('refuses what is no archive, is damaged, or ends early', async (t) => {
    const whole = tarGzOf({
      path: 'a',
      content: Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i) % 251)),
    })
    const damaged = Buffer.from(whole)
    damaged.fill(7, 60, 90)
    for (const bytes of [
      Buffer.from('hello'),
      Buffer.alloc(0),
      damaged,
      whole.subarray(0, whole.length / 2),
    ]) {
      const { unpack } = await bench(t, 'm.tar.gz', bytes)
      await assert.rejects(unpack(), ModelError)
    }
    const { unpack } = await bench(t, 'm.tar.bz2', TAR_BZ2.subarray(0, 60))
    await assert.rejects(unpack(), ModelError)
  })

  it('refuses an archive with another checksum before it looks into it', async (t) => {
    const bytes = tarGzOf({ path: 'a', content: 'x' })
    const { unpack, files } = await bench(t, 'm.tar.gz', bytes)
    await assert.rejects(unpack('00'), /has the SHA-256 [0-9a-f]{64}, but must have 00/)
    assert.deepEqual(await files(), ['m.tar.gz'])
    await unpack(createHash('sha256').update(bytes).digest('hex').toUpperCase())
  })
})
