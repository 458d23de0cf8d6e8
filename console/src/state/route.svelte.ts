// The page is the fragment of the address: `#/<page>/<rest>?<query>`.
interface Route {
  page: string
  rest: string[]
  query: URLSearchParams
}

function parse(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [page = '', ...rest] = path.split('/').map(decoded)
  return { page, rest, query: new URLSearchParams(query) }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

let current = $state.raw(parse(location.hash))
addEventListener('hashchange', () => (current = parse(location.hash)))

export const route = {
  get page() {
    return current.page || 'map'
  },
  get rest() {
    return current.rest
  },
  get query() {
    return current.query
  },
}

export function go(path: string): void {
  location.hash = path
}
