// The token lives in this module only, never in storage that other scripts can read.
let token = ''
let person = ''

export function setCredentials(newToken: string, newPerson: string): void {
  token = newToken
  person = newPerson
}

/** Headers of a request to our own API. */
export function credentials(): Record<string, string> {
  return { ...(token && { authorization: `Bearer ${token}` }), ...(person && { 'x-dev-user': person }) }
}
