import { Readable } from 'node:stream'

/**
 * The bytes of an answer. A server that sends nothing more while somebody waits for it is given up after `patienceMs`;
 * a reader who takes its time is not hurried. `explain` makes the error that the reader gets.
 */
export function objectBody(body: Readable, patienceMs: number, explain: (error: unknown) => Error): Readable {
  const chunks = body[Symbol.asyncIterator]()
  const giveUp = () => body.destroy(new Error(`nothing came for ${patienceMs / 1000} seconds`))
  return new Readable({
    async read() {
      const timer = setTimeout(giveUp, patienceMs)
      try {
        const { done, value } = await chunks.next()
        this.push(done ? null : value)
      } catch (error) {
        this.destroy(explain(error))
      } finally {
        clearTimeout(timer)
      }
    },
    destroy(error, callback) {
      body.destroy()
      callback(error)
    },
  })
}
