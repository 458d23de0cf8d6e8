// The objects of one image while they are drawn, with every former state for undo.
import type { Box, LabelObject } from '../../api/label'

export type Point = [number, number]
export interface Drawn extends LabelObject {
  isDraft?: boolean
}

export class Objects {
  list = $state.raw<Drawn[]>([])
  #past: Drawn[][] = []

  start(drafts: Drawn[]): void {
    this.#past = []
    this.list = drafts.map((draft) => ({ ...draft, isDraft: true }))
  }

  add(object: Drawn): void {
    this.#change([...this.list, object])
  }

  remove(index: number): void {
    this.#change(this.list.filter((_, at) => at !== index))
  }

  relabel(index: number, label: string): void {
    this.#change(this.list.map((object, at) => (at === index ? { ...object, label, isDraft: false } : object)))
  }

  undo(): void {
    this.list = this.#past.pop() ?? this.list
  }

  #change(list: Drawn[]): void {
    this.#past.push(this.list)
    this.list = list
  }

  /** What is submitted: geometry or box, never both, because the box is derived. */
  get submission(): LabelObject[] {
    return this.list.map(({ label, bounding_box, geometry }) => (geometry ? { label, geometry } : { label, bounding_box }))
  }
}

export function boxOf([ax, ay]: Point, [bx, by]: Point): Box {
  return { xmin: Math.min(ax, bx), ymin: Math.min(ay, by), xmax: Math.max(ax, bx), ymax: Math.max(ay, by) }
}

export const isUseful = ({ xmin, ymin, xmax, ymax }: Box) => xmax - xmin >= 2 && ymax - ymin >= 2

export function ringsOf({ geometry }: LabelObject): string[] {
  if (geometry?.type !== 'polygon') return []
  return (geometry.coordinates ?? []).flat().map((ring) => ring.map((point) => point.join(',')).join(' '))
}
