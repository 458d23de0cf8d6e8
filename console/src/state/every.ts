// Work that is done at once and again and again, while the component is there.
import { onMount } from 'svelte'

export function every(milliseconds: number, work: () => unknown): void {
  onMount(() => {
    void work()
    const timer = setInterval(work, milliseconds)
    return () => clearInterval(timer)
  })
}
