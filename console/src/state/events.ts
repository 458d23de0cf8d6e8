// The event stream of the signed-in person. EventSource cannot send a token, so it is read by fetch.
import { credentials } from '../api/credentials'

export interface ServerEvent {
  name: string
  data: Record<string, unknown>
}
type Listener = (event: ServerEvent) => void

const FIRST_RETRY = 1_000
const LONGEST_RETRY = 30_000
const listeners = new Set<Listener>()
let connection: AbortController | null = null

/** Calls `listener` for every event until the returned function is called. One connection serves all listeners. */
export function listen(listener: Listener): () => void {
  listeners.add(listener)
  if (!connection) void connect((connection = new AbortController()))
  return () => {
    listeners.delete(listener)
    if (!listeners.size) disconnect()
  }
}

export function disconnect(): void {
  connection?.abort()
  connection = null
}

async function connect({ signal }: AbortController): Promise<void> {
  let retry = FIRST_RETRY
  let lastId = ''
  while (!signal.aborted) {
    try {
      const headers = { ...credentials(), ...(lastId && { 'last-event-id': lastId }) }
      const response = await fetch('/api/v1/events/', { headers, signal })
      if (response.status === 401 || response.status === 403) return
      if (response.ok && response.body) {
        retry = FIRST_RETRY
        await read(response.body, (id) => (lastId = id))
      }
    } catch {
      if (signal.aborted) return
    }
    await new Promise((resolve) => setTimeout(resolve, retry))
    retry = Math.min(retry * 2, LONGEST_RETRY)
  }
}

async function read(body: ReadableStream<Uint8Array>, seen: (id: string) => void): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader()
  let rest = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const frames = (rest + value).split(/\r?\n\r?\n/)
    rest = frames.pop()!
    frames.forEach((frame) => dispatch(frame, seen))
  }
}

function dispatch(frame: string, seen: (id: string) => void): void {
  const lines = frame.split(/\r?\n/)
  const field = (name: string) => lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trimStart())
  const [id] = field('id')
  if (id) seen(id)
  const data = field('data').join('\n')
  if (!data) return
  const event = { name: field('event')[0] ?? 'message', data: JSON.parse(data) }
  listeners.forEach((listener) => listener(event))
}
