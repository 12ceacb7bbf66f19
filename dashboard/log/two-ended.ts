/**
 * A list that grows at both ends at the cost of what is added, however long it is. Each item has a position that never
 * changes: the first ever pushed has 0, those put in front of it −1, −2, …
 */
export class TwoEnded<T> {
  /** Positions below 0, the nearest to 0 first. */
  readonly #front: T[] = []
  #back: T[] = []
  /** How many positions from 0 on were dropped. */
  #gone = 0

  get length(): number {
    return this.#front.length + this.#back.length
  }

  /** Position of the first item; with `length` 0 it says nothing. */
  get start(): number {
    return this.#front.length > 0 ? -this.#front.length : this.#gone
  }

  at(position: number): T | undefined {
    return position < 0 ? this.#front[-1 - position] : this.#back[position - this.#gone]
  }

  get first(): T | undefined {
    return this.at(this.start)
  }

  get last(): T | undefined {
    return this.#back.at(-1) ?? this.#front[0]
  }

  push(item: T): void {
    this.#back.push(item)
  }

  unshift(item: T): void {
    // Nothing goes in front of what was dropped: positions have to stay without holes.
    if (this.#gone > 0) return
    this.#front.push(item)
  }

  drop(count: number): void {
    const ofFront = Math.min(count, this.#front.length)
    this.#front.length -= ofFront
    const ofBack = Math.min(count - ofFront, this.#back.length)
    if (ofBack === 0) return
    this.#back = this.#back.slice(ofBack)
    this.#gone += ofBack
  }

  *[Symbol.iterator](): Generator<T> {
    const end = this.start + this.length
    for (let position = this.start; position < end; position += 1) {
      const item = this.at(position)
      if (item !== undefined) yield item
    }
  }
}
