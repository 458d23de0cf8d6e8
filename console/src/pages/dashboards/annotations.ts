// What happened while curves went on: marks on all curves of a page.
import { api, ok, type Shape } from '../../api/client'

export type Annotation = Shape['Annotation']

/** Of the last `window` milliseconds, the latest first. */
export async function loadAnnotations(window: number): Promise<Annotation[]> {
  const to = Date.now()
  const { annotations } = await ok(api.GET('/api/v1/annotations', { params: { query: { from: to - window, to } } }))
  return annotations.sort((a, b) => b.begin - a.begin)
}

/** Notes something that happens now, for everybody. */
export async function annotate(text: string): Promise<void> {
  const body = { begin: Date.now(), text, tags: ['note'] } as never // the document wants all members, the API their defaults
  await ok(api.POST('/api/v1/annotations', { body }))
}

export async function removeAnnotation(annotation_id: number): Promise<void> {
  await ok(api.DELETE('/api/v1/annotations/{annotation_id}', { params: { path: { annotation_id } } }))
}
