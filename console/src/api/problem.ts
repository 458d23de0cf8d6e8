// What went wrong, as the API says it (RFC 9457), with what the person can do next.
import { find, t } from '../i18n'

interface Body {
  title?: string
  detail?: unknown
  trace_id?: string
  error?: { code?: string; message?: string; details?: Record<string, unknown> }
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly body: Body = {},
  ) {
    super(body.title || t('error.title'))
  }

  get code(): string {
    return this.body.error?.code ?? ''
  }

  /** Why, in the words of the service that refused. */
  get reason(): string {
    const detail = this.body.detail
    return (typeof detail === 'string' && detail) || this.body.error?.message || t('error.no-reason')
  }

  /** One line for each field that is wrong. */
  get lines(): string[] {
    return Object.entries(this.body.error?.details ?? {}).map(([name, value]) => `${name}: ${words(value)}`)
  }

  get nextStep(): string {
    return find(`next.${this.code}`) ?? find(`next.${this.status}`) ?? t('next.other')
  }
}

function words(value: unknown): string {
  if (Array.isArray(value)) return value.map(words).join(' ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const isOffline = error instanceof TypeError
  return new Problem(0, { title: t('error.title'), detail: isOffline ? t('error.offline') : String(error) })
}
