// Base models that a place may learn with, and what each of them answers.
import { api, ok } from '../../api/client'
import { metricNames } from '../../ui/metrics'
import { OUTLINES, tasksOf, wordsOf } from '../../ui/tasks'

export interface Base {
  id: number
  name: string
  stac_item_id: string
  tasks: string[]
  /** Words of its metrics, by their keys. */
  metrics: Record<string, string>
}

/** Those that draw outlines first, since maps are made of them. */
export async function loadBases(): Promise<Base[]> {
  const { results } = await ok(api.GET('/api/v1/base-models/', { params: { query: { status: 'active', limit: 100, expand: 'stac' } } }))
  const bases = results.map(({ id, name, stac_item_id, stac }) => {
    const properties = stac?.properties as object | undefined
    return { id, name, stac_item_id, tasks: tasksOf(properties), metrics: metricNames(properties) }
  })
  return [...bases.filter(drawsOutlines), ...bases.filter((base) => !drawsOutlines(base))]
}

export const nameOf = ({ name, tasks }: Base) => [name, ...wordsOf(tasks)].join(' · ')

const drawsOutlines = ({ tasks }: Base) => tasks.includes(OUTLINES)
