/** Server-sent events, https://html.spec.whatwg.org/multipage/server-sent-events.html */

export interface ServerEvent {
  /** `message` when not given, as the standard has it. */
  readonly event?: string
  readonly id?: string
  readonly data: unknown
}

/** Proxies close a connection on which nothing was sent for a minute or so. */
const HEARTBEAT_MS = 15_000

/**
 * A response that sends each event as it comes and ends with the last. It asks for the next event only when the
 * client has taken the one before. When the client goes away, `abandon` ends the source.
 */
export function eventStream(
  events: AsyncIterator<ServerEvent>,
  abandon: () => void,
  heartbeatMs = HEARTBEAT_MS,
): Response {
  const encoder = new TextEncoder()
  let heartbeat: NodeJS.Timeout | undefined
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      heartbeat = setInterval(() => {
        // A client that does not read needs no more bytes in the queue.
        if (Number(controller.desiredSize) > 0) controller.enqueue(encoder.encode(':\n\n'))
      }, heartbeatMs)
    },
    async pull(controller) {
      try {
        const next = await events.next()
        if (!next.done) return controller.enqueue(encoder.encode(format(next.value)))
        clearInterval(heartbeat)
        controller.close()
      } catch (error) {
        clearInterval(heartbeat)
        controller.error(error)
      }
    },
    cancel() {
      clearInterval(heartbeat)
      abandon()
    },
  })
  return new Response(body, {
    headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' },
  })
}

/** JSON has no line breaks of its own, so one `data:` line is enough. */
function format({ event, id, data }: ServerEvent): string {
  const eventLine = event === undefined ? '' : `event: ${event}\n`
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `${eventLine}${idLine}data: ${JSON.stringify(data)}\n\n`
}
