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
  map: { title: 'page.map', load: () => import('./map/MapPage.svelte') },
  place: { title: 'page.place', load: () => import('./place/PlacePage.svelte'), needsLogin: true },
  packages: { title: 'page.packages', load: () => import('./packages/PackagesPage.svelte'), needsLogin: true },
  label: { title: 'page.label', load: () => import('./label/LabelPage.svelte') },
  dashboards: { title: 'page.dashboards', load: () => import('./dashboards/DashboardsPage.svelte') },
  operate: { title: 'page.operate', load: () => import('./operate/OperatePage.svelte'), needsLogin: true, forStaff: true },
}
