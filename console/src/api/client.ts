// The public API, with the types of its OpenAPI document.
import createClient from 'openapi-fetch'
import { credentials } from './credentials'
import { Problem } from './problem'
import type { components, paths } from './schema'

export type Shape = components['schemas']

export const api = createClient<paths>({ baseUrl: '' })
api.use({
  onRequest({ request }) {
    for (const [name, value] of Object.entries(credentials())) request.headers.set(name, value)
  },
})

interface Outcome<T> {
  data?: T
  error?: unknown
  response: Response
}
type Pending = Shape['Pending']

/** The body of a good answer. Throws Problem for every other. */
export async function ok<T>(call: Promise<Outcome<T>>): Promise<T> {
  const { data, error, response } = await call
  if (response.ok) return data as T
  throw new Problem(response.status, typeof error === 'object' && error ? error : { detail: String(error ?? '') })
}

const PATIENCE = 60_000
const INTERVAL = 1_000

/** The row of a write, also where its owner answered too late and the verdict has to be asked for. */
export async function written<T>(call: Promise<Outcome<T>>): Promise<Exclude<T, Pending>> {
  const row = await ok(call)
  return (isPending(row) ? await verdict(row.id) : row) as Exclude<T, Pending>
}

function isPending(row: unknown): row is Pending {
  return typeof row === 'object' && row !== null && 'status' in row && row.status === 'pending' && 'id' in row
}

async function verdict(id: string): Promise<unknown> {
  const end = Date.now() + PATIENCE
  while (Date.now() < end) {
    const found = await ok(api.GET('/api/v1/commands/{command_id}/', { params: { path: { command_id: id } } }))
    if (found.refused) throw new Problem(found.http ?? 400, { detail: found.refused.detail, error: { ...found.refused } })
    if (found.status === 'done') return found.result
    await new Promise((resolve) => setTimeout(resolve, INTERVAL))
  }
  throw new Problem(503, {})
}

/** A file or an address that the OpenAPI document does not describe as JSON. */
export async function fetchOk(address: string, options: RequestInit = {}): Promise<Response> {
  const own = new URL(address, location.href).origin === location.origin
  const response = await fetch(address, { ...options, headers: { ...(own ? credentials() : {}), ...options.headers } })
  if (response.ok) return response
  throw new Problem(response.status, await response.json().catch(() => ({})))
}
