// What becomes of a training that is over.
import { api, ok, written, type Shape } from '../../api/client'

/** Publishes a training as a model version, and model and dataset to everybody where wanted; returns the model's STAC id. */
export async function publishRun(training: Shape['Training'], isPublic: boolean): Promise<string> {
  const path = { training_id: training.id }
  const { local_model_stac_id: model } = await written(api.POST('/api/v1/trainings/{training_id}/publish/', { params: { path }, body: {} }))
  if (isPublic) await showToAll(training)
  return model
}

async function showToAll({ local_model, dataset }: Shape['Training']): Promise<void> {
  const row = await ok(api.GET('/api/v1/datasets/{dataset_id}/', { params: { path: { dataset_id: dataset }, query: { expand: '' } } }))
  if (row.visibility !== 'public') await written(api.POST('/api/v1/datasets/{dataset_id}/publish/', { params: { path: { dataset_id: dataset } } }))
  const model = await ok(api.GET('/api/v1/local-models/{model_id}/', { params: { path: { model_id: local_model }, query: { expand: '' } } }))
  if (model.visibility !== 'public') await written(api.POST('/api/v1/local-models/{model_id}/publish/', { params: { path: { model_id: local_model } } }))
}
