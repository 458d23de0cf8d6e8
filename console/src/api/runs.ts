// States of runs of pipelines.
const OVER = new Set(['completed', 'failed', 'cached', 'stopped', 'retried'])
export const isOver = (status: string) => OVER.has(status)

interface Prediction {
  status: string
  results_ready: boolean
}
/** The files of a result are written after its run has completed. */
export const hasResult = (row: Prediction) => row.status === 'completed' && row.results_ready
export const isPredictionOver = (row: Prediction) => isOver(row.status) && (row.status !== 'completed' || row.results_ready)
