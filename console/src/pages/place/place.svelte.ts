// The job of mapping one place, from areas to checked results. What exists is named by the address, so a reload finds it.
import type { Map } from 'maplibre-gl'
import { api, ok, type Shape } from '../../api/client'
import { hasResult } from '../../api/runs'
import type { Offset } from '../../map/areas'

export const STEPS = ['area', 'labels', 'build', 'train', 'predict', 'result'] as const
export type Step = (typeof STEPS)[number]

export class Place {
  step = $state<Step>('area')
  map = $state.raw<Map>()
  title = $state('')
  imagery = $state('')
  zoom = $state(19)
  category = $state('buildings')
  /** By how much labels are moved to where the imagery shows them. */
  offset = $state.raw<Offset>([0, 0])
  areas = $state.raw<Shape['AoiFeature'][]>([])
  dataset = $state.raw<Shape['Dataset']>()
  training = $state.raw<Shape['Training']>()
  /** The STAC id of the published model. */
  model = $state('')
  prediction = $state.raw<Shape['Prediction']>()

  get reached(): number {
    const gates = [this.areas.length > 0 || this.dataset, this.areas.length > 0 || this.dataset, this.dataset?.status === 'built', this.model, this.prediction && hasResult(this.prediction)]
    const closed = gates.findIndex((gate) => !gate)
    const open = closed < 0 ? STEPS.length - 1 : closed
    return Math.max(open, STEPS.indexOf(this.step))
  }

  go(step: Step): void {
    this.step = step
  }

  /** Goes on from what exists already. */
  async open(kind: string, id: number): Promise<void> {
    if (kind === 'dataset') await this.#openDataset(id)
    if (kind === 'training') await this.#openTraining(id)
    if (kind === 'prediction') await this.#openPrediction(id)
  }

  async #openDataset(id: number): Promise<void> {
    this.dataset = await ok(api.GET('/api/v1/datasets/{dataset_id}/', { params: { path: { dataset_id: id }, query: { expand: '' } } }))
    this.title = this.dataset.title
    this.imagery = this.dataset.source_imagery
    this.category = this.dataset.category
    this.go(this.dataset.status === 'built' ? 'train' : 'build')
  }

  async #openTraining(id: number): Promise<void> {
    this.training = await ok(api.GET('/api/v1/trainings/{training_id}/', { params: { path: { training_id: id } } }))
    await this.#openDataset(this.training.dataset)
  }

  async #openPrediction(id: number): Promise<void> {
    this.prediction = await ok(api.GET('/api/v1/predictions/{prediction_id}/', { params: { path: { prediction_id: id } } }))
    this.model = this.prediction.local_model_stac_id
    this.imagery = this.prediction.image_uri
    this.zoom = this.prediction.zoom
    this.go(hasResult(this.prediction) ? 'result' : 'predict')
  }
}
