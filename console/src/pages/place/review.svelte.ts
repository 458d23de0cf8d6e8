// The features of a prediction while a person goes through them.
import { api, fetchOk, ok, type Shape } from '../../api/client'

export interface Found {
  type: 'Feature'
  geometry: GeoJSON.Polygon
  properties: { confidence?: number; verdict?: 'accept' | 'reject' }
}

export class Review {
  features = $state.raw<Found[]>([])
  threshold = $state(0)
  index = $state(-1)
  #prediction: Shape['Prediction'] | null = null
  readonly shown = $derived(this.features.filter((feature) => this.confidenceOf(feature) >= this.threshold))
  readonly current = $derived(this.shown[this.index])
  readonly collection = $derived({ type: 'FeatureCollection', features: this.shown } as unknown as GeoJSON.FeatureCollection)

  confidenceOf(feature: Found): number {
    return feature.properties.confidence ?? 1
  }

  count(verdict: 'accept' | 'reject'): number {
    return this.features.filter((feature) => feature.properties.verdict === verdict).length
  }

  async load(prediction: Shape['Prediction']): Promise<void> {
    this.#prediction = prediction
    const path = { prediction_id: prediction.id }
    const { geojson } = await ok(api.GET('/api/v1/predictions/{prediction_id}/result/', { params: { path } }))
    this.features = (await (await fetchOk(geojson)).json()).features
    this.index = -1
  }

  move(by: number): void {
    this.index = Math.max(0, Math.min(this.shown.length - 1, this.index + by))
  }

  /** Saves the verdict over the current feature and goes on to the next. */
  async judge(action: 'accept' | 'reject'): Promise<void> {
    const feature = this.current
    if (!feature || !this.#prediction) return
    const { id, local_model_stac_id: stac_id, zoom: zoom_level, image_uri: source_imagery } = this.#prediction
    await ok(api.POST('/api/v1/feedback/', { body: {
      type: 'Feature', geometry: { ...feature.geometry }, properties: { action, prediction: id, stac_id, zoom_level, source_imagery },
    } }))
    const judged = { ...feature, properties: { ...feature.properties, verdict: action } }
    this.features = this.features.map((one) => (one === feature ? judged : one))
    this.move(1)
  }
}
