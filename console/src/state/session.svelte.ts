// Who is signed in. A gateway with Hanko has a cookie of its own; all others need a token.
import { api, ok, type Shape } from '../api/client'
import { setCredentials } from '../api/credentials'

let profile = $state.raw<Shape['OwnProfile'] | null>(null)
let isAdmin = $state(false)

export const session = {
  get profile() {
    return profile
  },
  get isAdmin() {
    return isAdmin
  },
}

/** Signs in, or throws Problem and leaves nobody signed in. */
export async function signIn(newToken: string, newPerson = ''): Promise<void> {
  setCredentials(newToken.trim(), newPerson.trim())
  try {
    await refresh()
  } catch (error) {
    signOut()
    throw error
  }
}

export function signOut(): void {
  setCredentials('', '')
  profile = null
  isAdmin = false
}

/** Asks the gateway who the caller is, by token or by cookie. */
export async function refresh(): Promise<void> {
  profile = await ok(api.GET('/api/v1/auth/me/'))
  const staff = await api.GET('/api/v1/dead-letters/', { params: { query: { limit: 1 } } })
  isAdmin = staff.response.ok
}

/** Takes over a session that a cookie already has, if there is one. */
export async function resume(): Promise<void> {
  const { data } = await api.GET('/api/v1/auth/status/')
  if (data?.authenticated) await refresh()
}
