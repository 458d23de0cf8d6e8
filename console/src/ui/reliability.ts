// How often a model's answers of each confidence are right, as its metrics tell it.

/** Answers of one interval of confidence: their mean confidence, the share that is right, their number. */
export interface Bin {
  confidence: number
  right: number
  count: number
}

export interface Reliability {
  bins: Bin[]
  /** The mean distance of confidence and share that is right. */
  error?: number
}

/** Undefined where a model does not tell it: metrics are written by plug-ins of anybody. */
export function reliabilityOf(metrics: object | null | undefined): Reliability | undefined {
  const { reliability, calibration_error } = (metrics ?? {}) as Record<string, unknown>
  if (!Array.isArray(reliability) || !reliability.length || !reliability.every(isBin)) return undefined
  return { bins: reliability, error: typeof calibration_error === 'number' ? calibration_error : undefined }
}

function isBin(value: unknown): value is Bin {
  const { confidence, right, count } = (value ?? {}) as Record<string, unknown>
  return isShare(confidence) && isShare(right) && typeof count === 'number' && count > 0
}

const isShare = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1
