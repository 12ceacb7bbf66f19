/** Items are handed on together, `ms` after the first of them came. */
export interface Gather<Item> extends Disposable {
  add(item: Item): void
}

export function createGather<Item>(ms: number, handOn: (items: readonly Item[]) => void): Gather<Item> {
  let items: Item[] = []
  let timer: NodeJS.Timeout | null = null
  return {
    add(item) {
      items.push(item)
      timer ??= setTimeout(() => {
        const gathered = items
        items = []
        timer = null
        handOn(gathered)
      }, ms)
    },
    [Symbol.dispose]() {
      if (timer !== null) clearTimeout(timer)
      timer = null
      items = []
    },
  }
}
