/** A real S3 server of the test file's own; see server.py. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'

/** Of nobody: the server takes any. */
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'AKIATESTTESTTESTTEST',
  AWS_SECRET_ACCESS_KEY: 'the-secret-of-the-tests',
}

export class S3Server implements AsyncDisposable {
  readonly endpoint: string
  /** For programs that are to use it. */
  readonly env = { ...CREDENTIALS, AWS_EC2_METADATA_DISABLED: 'true' }
  /** For what a test wants to know, or to have done, behind the back of the storage. */
  readonly client: S3Client
  readonly #end: () => Promise<unknown>

  static async start(python: string): Promise<S3Server> {
    const server = spawn(python, [new URL('server.py', import.meta.url).pathname], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const exited = once(server, 'exit')
    const port = await new Promise<string>((resolve, reject) => {
      createInterface({ input: server.stdout }).once('line', resolve)
      server.once('error', reject)
      server.once('exit', (code) => reject(new Error(`The S3 server ended with exit code ${code}.`)))
    })
    return new S3Server(`http://127.0.0.1:${port}`, () => {
      server.stdin.end()
      return exited
    })
  }

  private constructor(endpoint: string, end: () => Promise<unknown>) {
    this.endpoint = endpoint
    this.#end = end
    Object.assign(process.env, this.env)
    this.client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true })
  }

  async bucket(): Promise<string> {
    const Bucket = `test-${randomUUID()}`
    await this.client.send(new CreateBucketCommand({ Bucket }))
    return Bucket
  }

  /** The URL of a storage in a bucket of its own. */
  async storageUrl(prefix = '', endpoint = this.endpoint): Promise<string> {
    return `s3://${await this.bucket()}/${prefix}?endpoint=${endpoint}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.destroy()
    await this.#end()
  }
}
