/** What one event of `/v1/speech/{uuid}/events` says, as far as the tests look. */
export interface StatusEvent {
  readonly state: string
  readonly progress: { readonly done: number; readonly total: number } | null
  readonly result: string | null
  readonly error: { readonly title: string; readonly detail: string } | null
}

/** Reads a stream of events until it ends, or until one is what the caller waits for. */
export async function follow(url: string, until = (_: StatusEvent) => false): Promise<StatusEvent[]> {
  const seen: StatusEvent[] = []
  const response = await fetch(url, { headers: { accept: 'text/event-stream' } })
  let text = ''
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    const events = text.split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event)?.[1]
      if (data === undefined) continue
      seen.push(JSON.parse(data) as StatusEvent)
      if (until(seen.at(-1) as StatusEvent)) return seen
    }
  }
  return seen
}
