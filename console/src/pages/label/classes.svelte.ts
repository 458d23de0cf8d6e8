// The classes of the objects, each with a key and a colour; kept from image to image.
const COLORS = ['#ff3d7f', '#2fb5ff', '#ffd23f', '#7dde5b', '#c77dff', '#ff8c42', '#3ddbd9', '#f2f2f2', '#b08968']

class Classes {
  names = $state<string[]>(['building'])
  index = $state(0)

  get current(): string {
    return this.names[this.index] ?? this.names[0]!
  }

  get colors(): Record<string, string> {
    return Object.fromEntries(this.names.map((name, index) => [name, COLORS[index % COLORS.length]!]))
  }

  include(labels: string[]): void {
    this.names = [...new Set([...this.names, ...labels])]
  }

  /** Replaces all classes by those of a comma-separated list. */
  replace(text: string): void {
    const names = text.split(',').map((name) => name.trim()).filter(Boolean)
    if (names.length) this.names = [...new Set(names)]
    this.index = 0
  }
}

export const classes = new Classes()
