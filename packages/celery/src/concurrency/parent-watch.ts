/**
 * The thread of a prefork child that watches its parent: a pipe, whose other end is the parent's alone, ends when the
 * parent does, however that ends. A child whose task computes in a loop would hear of it only after that, if ever.
 */
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'

const pipe = new Socket({ fd: workerData.fd })
pipe.on('error', () => {}) // it is closed as well then
pipe.on('close', () => process.kill(process.pid, 'SIGKILL'))
pipe.resume()
