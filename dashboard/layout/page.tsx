import { type ComponentType, lazy, useState } from 'react'

type Load = () => Promise<ComponentType>

const waiting = new Set<() => Promise<unknown>>()

/**
 * A page whose code is a part of its own. Gone to before that is there, React shows the frame's skeleton and keeps it
 * for 300 ms at least; once `loadPages` has brought it, the page stands at once.
 */
export function page(load: Load): ComponentType {
  let loaded: ComponentType | null = null
  const once = async () => {
    loaded = await load()
    waiting.delete(once)
    return loaded
  }
  waiting.add(once)
  const Later = lazy(async () => ({ default: await once() }))
  return function Page() {
    // Chosen when it is mounted: another one in its place would begin from nothing.
    const [Now] = useState(() => loaded ?? Later)
    return <Now />
  }
}

/** Brings the code of every page, one after the other. One that fails is asked for again when somebody goes there. */
export async function loadPages(): Promise<void> {
  for (const load of waiting) await load().catch(() => undefined)
}
