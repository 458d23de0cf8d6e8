// Base models that a place may learn with, and what each of them answers.
import { api, ok } from '../../api/client'
import { t } from '../../i18n'

const OUTLINES = 'semantic-segmentation'
const WORDS: Record<string, string> = {
  [OUTLINES]: t('task.outlines'), 'instance-segmentation': t('task.outlines'), 'object-detection': t('task.boxes'), classification: t('task.cells'),
}

export interface Base {
  id: number
  name: string
  stac_item_id: string
  tasks: string[]
}

/** Those that draw outlines first, since maps are made of them. */
export async function loadBases(): Promise<Base[]> {
  const { results } = await ok(api.GET('/api/v1/base-models/', { params: { query: { status: 'active', limit: 100, expand: 'stac' } } }))
  const bases = results.map(({ id, name, stac_item_id, stac }) => ({ id, name, stac_item_id, tasks: tasksOf(stac) }))
  return [...bases.filter(drawsOutlines), ...bases.filter((base) => !drawsOutlines(base))]
}

export const nameOf = ({ name, tasks }: Base) => [name, ...new Set(tasks.map((task) => WORDS[task] ?? task))].join(' · ')

const drawsOutlines = ({ tasks }: Base) => tasks.includes(OUTLINES)

function tasksOf(stac: { [key: string]: unknown } | null | undefined): string[] {
  const tasks = (stac?.properties as { [key: string]: unknown } | undefined)?.['mlm:tasks']
  return Array.isArray(tasks) ? tasks.map(String) : []
}
