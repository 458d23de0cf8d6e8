// Texts of the console. English is always there; another language is a file `<code>.json` beside it.
import en from './en.json'

type Texts = Record<string, string>
export type Key = keyof typeof en

const files = import.meta.glob<Texts>(['./*.json', '!./en.json'], { import: 'default' })
let texts: Texts = en

export async function loadLanguage(wanted: readonly string[] = navigator.languages): Promise<void> {
  const code = wanted.map((tag) => tag.split('-')[0]!).find((code) => code === 'en' || files[`./${code}.json`])
  const load = files[`./${code}.json`]
  if (!load) return
  texts = { ...en, ...(await load()) }
  document.documentElement.lang = code!
}

/** The text of a key, with `{name}` replaced by values. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return fill(texts[key] ?? key, values)
}

/** The text of a key that is made from data; undefined when no such text exists. */
export function find(key: string, values: Record<string, string | number> = {}): string | undefined {
  const text = texts[key]
  return text === undefined ? undefined : fill(text, values)
}

function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
