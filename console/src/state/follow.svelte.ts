// A row that changes by itself: asked again at each event about it, and now and then in case one was missed.
import { asProblem, type Problem } from '../api/problem'
import { listen, type ServerEvent } from './events'

const INTERVAL = 4_000

export class Follow<T> {
  row = $state.raw<T>()
  problem = $state.raw<Problem | null>(null)
  /** The latest progress message about the row. */
  live = $state.raw<ServerEvent['data'] | null>(null)
  #stop: (() => void) | null = null
  #asking: Promise<void> | undefined
  #isWanted = false

  constructor(
    readonly ask: () => Promise<T>,
    readonly isFinal: (row: T) => boolean,
    /** The member of an event that names the row, and the row's id. */
    readonly about: [string, number | string],
  ) {}

  start(): () => void {
    const [member, id] = this.about
    const timer = setInterval(() => void this.refresh(), INTERVAL)
    const deaf = listen(({ name, data }) => {
      if (data[member] !== id) return
      if (name.endsWith('_progress')) this.live = data
      else void this.refresh()
    })
    this.#stop = () => (clearInterval(timer), deaf())
    void this.refresh()
    return () => this.#stop?.()
  }

  /** One question at a time, since of two at once the older answer may come last. What is wanted meanwhile is asked once more. */
  refresh(): Promise<void> {
    this.#isWanted = true
    return (this.#asking ??= this.#askWhileWanted())
  }

  async #askWhileWanted(): Promise<void> {
    while (this.#isWanted) {
      this.#isWanted = false
      await this.#askOnce()
    }
    this.#asking = undefined
  }

  async #askOnce(): Promise<void> {
    try {
      this.row = await this.ask()
      this.problem = null
      if (this.isFinal(this.row)) this.#stop?.()
    } catch (error) {
      this.problem = asProblem(error)
    }
  }
}
