// Loss curves of one run, and the validation loss of others beside it, over one axis of epochs.
import type { AlignedData } from 'uplot'
import type { Shape } from '../../api/client'
import { t } from '../../i18n'
import type { Curve } from '../../ui/Curves.svelte'

type Epoch = Shape['Epoch']
const COLORS = ['#5b3fa0', '#b0489a', '#4a7c8c', '#7a5300', '#55666a']

export function aligned(epochs: Epoch[], others: { id: number; epochs: Epoch[] }[]): { data: AlignedData; curves: Curve[] } {
  const all = [epochs, ...others.map((other) => other.epochs)].flat()
  const axis = [...new Set(all.map((one) => one.epoch))].sort((a, b) => a - b)
  const values = (run: Epoch[], name: string) => axis.map((epoch) => valueOf(run.find((one) => one.epoch === epoch), name))
  const data = [axis, values(epochs, 'train_loss'), values(epochs, 'val_loss'), ...others.map((other) => values(other.epochs, 'val_loss'))]
  const curves: Curve[] = [
    { name: t('curve.train'), color: '#d95f02' },
    { name: t('curve.validation'), color: '#0b6b5d' },
    ...others.map(({ id }, index) => ({ name: t('train.run', { id }), color: COLORS[index % COLORS.length]!, dash: [5, 4] })),
  ]
  return { data: data as AlignedData, curves }
}

function valueOf(epoch: Epoch | undefined, name: string): number | null {
  const value = (epoch?.values as Record<string, unknown> | undefined)?.[name]
  return typeof value === 'number' ? value : null
}
