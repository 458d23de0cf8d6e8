// One piece of asynchronous work that a component shows: what is going on, or what went wrong.
import { asProblem, type Problem } from '../api/problem'

export class Task {
  busy = $state(false)
  problem = $state.raw<Problem | null>(null)
  #latest = 0

  /** Runs the work; the result is undefined when it failed or when a later run overtook it. */
  async run<T>(work: () => Promise<T>): Promise<T | undefined> {
    const number = ++this.#latest
    this.busy = true
    this.problem = null
    try {
      const result = await work()
      return number === this.#latest ? result : undefined
    } catch (error) {
      if (number === this.#latest) this.problem = asProblem(error)
      return undefined
    } finally {
      if (number === this.#latest) this.busy = false
    }
  }
}
