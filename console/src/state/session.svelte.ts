// Who is signed in: by a token that the page keeps in memory, or by the cookie of the login portal.
import { api, ok, type Shape } from '../api/client'
import { credentials, useOsmToken, useToken } from '../api/credentials'

let profile = $state.raw<Shape['OwnProfile'] | null>(null)
let isAdmin = $state(false)
/** Who signed in at the portal and has no account here yet. */
let newcomer = $state.raw<Shape['HankoUser'] | null>(null)

export const session = {
  get profile() {
    return profile
  },
  get isAdmin() {
    return isAdmin
  },
  get newcomer() {
    return newcomer
  },
}

/** Signs in, or throws Problem and leaves nobody signed in. */
export async function signIn(token: string, person = ''): Promise<void> {
  useToken(token.trim(), person.trim())
  try {
    await refresh()
  } catch (error) {
    forget()
    throw error
  }
}

/** A session at the portal ends there. */
export async function signOut(): Promise<void> {
  const isOfPortal = !Object.keys(credentials()).length
  forget()
  if (!isOfPortal) return
  const { portal_url } = await logins()
  if (portal_url) location.assign(portal_url)
}

function forget(): void {
  useToken('')
  profile = newcomer = null
  isAdmin = false
}

/** Asks the gateway who the caller is, by token or by cookie. */
export async function refresh(): Promise<void> {
  profile = await ok(api.GET('/api/v1/auth/me/'))
  const staff = await api.GET('/api/v1/dead-letters/', { params: { query: { limit: 1 } } })
  isAdmin = staff.response.ok
}

/** Takes over a login that another page has begun: at OpenStreetMap, or at the portal. */
export async function resume(): Promise<void> {
  const { code, state } = Object.fromEntries(new URLSearchParams(location.search))
  if (code && state) return resumeOsm(code, state)
  const { data } = await api.GET('/api/v1/auth/status/')
  newcomer = (data?.needs_onboarding && data.hanko_user) || null
  if (data?.authenticated) await refresh()
}

async function resumeOsm(code: string, state: string): Promise<void> {
  history.replaceState(null, '', location.pathname + location.hash) // the code works once
  const { access_token } = await ok(api.GET('/api/v1/auth/callback/', { params: { query: { code, state } } }))
  useOsmToken(access_token)
  await refresh()
}

export const logins = () => ok(api.GET('/api/v1/auth/logins/'))

/** Goes to OpenStreetMap, which sends the browser back to this page. */
export async function goToOsm(): Promise<void> {
  location.assign((await ok(api.GET('/api/v1/auth/login/'))).login_url)
}
