// The pages by the first part of the address. Each is a bundle of its own, loaded when it is opened.
import type { Component } from 'svelte'
import type { Key } from '../i18n'

interface Page {
  title: Key
  load: () => Promise<{ default: Component }>
  needsLogin?: boolean
  forStaff?: boolean
}

export const pages: Record<string, Page> = {
  '': { title: 'page.map', load: () => import('./map/MapPage.svelte') },
}
