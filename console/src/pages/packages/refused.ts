// A file that cannot be shown here, for which trying again would not help.
import { Problem } from '../../api/problem'

export const refused = (detail: string) => new Problem(0, { detail, error: { code: 'no-preview' } })
