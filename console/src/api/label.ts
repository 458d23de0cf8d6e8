// The label store as its labellers use it: with the two-part key of a campaign, which lives in this module only.
import { credentials } from './credentials'
import { Problem } from './problem'
import type { Shape } from './client'

export type Task = Shape['LeasedTask']
export interface Box {
  xmin: number
  ymin: number
  xmax: number
  ymax: number
}
export interface LabelObject {
  label: string
  bounding_box?: Box | null
  geometry?: { type: string; coordinates?: number[][][][] } | null
}

let key = ''
let secret = ''

export function setLabelKey(newKey: string, newSecret: string): void {
  key = newKey
  secret = newSecret
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const own = key ? { 'authentication-key': key, 'authentication-secret': secret } : credentials()
  const response = await fetch(`/api/v1${path}`, {
    method, headers: { ...own, ...(body !== undefined && { 'content-type': 'application/json' }) }, body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  const answer = text ? JSON.parse(text) : undefined
  if (!response.ok) throw new Problem(response.status, answer)
  return answer
}

export const lease = async (campaign: number): Promise<Task | undefined> =>
  (await call<Shape['Tasks']>('POST', `/campaigns/${campaign}/next`, { count: 1 })).tasks[0]
export const renew = (campaign: number, image: number) => call<Shape['Renewed']>('POST', `/campaigns/${campaign}/renew`, { image_ids: [image] })
export const release = (campaign: number, image: number) => call('POST', `/campaigns/${campaign}/release`, { image_ids: [image] })
export const submit = (campaign: number, image_id: number, objects: LabelObject[]) => call('PUT', `/campaigns/${campaign}/objects`, [{ image_id, objects }])
/** Where the pixels of an image are, for some minutes. */
export async function imageAddress(image: number): Promise<string> {
  const found = await call<Shape['SignedUrl']>('GET', `/images/${image}?redirect=false`)
  return found.url
}
export const objectsOf = (campaign: number, image: number) => call<LabelObject[]>('GET', `/images/${image}/objects?campaigns=${campaign}`)
