/** Words of a model's metrics by their keys, in the order of the `fair:metrics_spec` of its item's properties. */
export function metricNames(properties: object | undefined): Record<string, string> {
  const told = ((properties as Record<string, unknown> | undefined)?.['fair:metrics_spec'] ?? []) as { key: string; name: string }[]
  return Object.fromEntries(told.map(({ key, name }) => [key, name]))
}
