import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryFolder } from '../temporary-folder.ts'

const run = promisify(execFile)
const STORAGE = new URL('../../src/storage/index.ts', import.meta.url).href

/** A machine on which the SDK was not installed. */
const PROGRAM = `
  import { registerHooks } from 'node:module'
  registerHooks({
    resolve(specifier, context, next) {
      if (!/^@(aws-sdk|smithy)/.test(specifier)) return next(specifier, context)
      throw Object.assign(new Error('Cannot find package ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' })
    },
  })
  const [module, url] = process.argv.slice(1)
  const { createStorage } = await import(module)
  try {
    await (await createStorage(url)).check()
    console.log('fine')
  } catch (error) {
    console.log(error.name, error.message)
  }`

async function check(url: string): Promise<string> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROGRAM, STORAGE, url])
  return stdout.trim()
}

test('a folder needs nothing of the SDK for S3', async (t) => {
  assert.equal(await check(`file:${await temporaryFolder(t)}`), 'fine')
})

test('a bucket says which packages are to be installed', async () => {
  assert.match(
    await check('s3://speech?region=eu-central-1'),
    /^StorageError .*not installed: npm install @aws-sdk\/client-s3 @aws-sdk\/lib-storage @aws-sdk\/s3-request-presigner$/,
  )
})
