// What a model answers, in words.
import { t } from '../i18n'

export const OUTLINES = 'semantic-segmentation'
const WORDS: Record<string, string> = {
  [OUTLINES]: t('task.outlines'), 'instance-segmentation': t('task.outlines'), 'object-detection': t('task.boxes'), classification: t('task.cells'),
}

/** The `mlm:tasks` of an item's properties. */
export function tasksOf(properties: object | undefined): string[] {
  const tasks = (properties as Record<string, unknown> | undefined)?.['mlm:tasks']
  return Array.isArray(tasks) ? tasks.map(String) : []
}

export const wordsOf = (tasks: string[]) => [...new Set(tasks.map((task) => WORDS[task] ?? task))]
