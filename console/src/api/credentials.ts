// What identifies the person lives in this module only, never in storage that other scripts can read.
let headers: Record<string, string> = {}

/** Of a token of the gateway; on development machines also for another person. */
export function useToken(token: string, person = ''): void {
  headers = { ...(token && { authorization: `Bearer ${token}` }), ...(person && { 'x-dev-user': person }) }
}

/** Of a login at OpenStreetMap. */
export function useOsmToken(token: string): void {
  headers = { 'access-token': token }
}

/** Headers of a request to our own API. */
export function credentials(): Record<string, string> {
  return headers
}
