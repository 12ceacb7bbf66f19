import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { Live, type LiveState } from './live.ts'

const Context = createContext<Live | null>(null)

/** One connection for everything inside; it opens with the first page and closes with the last. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const cache = useQueryClient()
  const [live, setLive] = useState<Live | null>(null)
  useEffect(() => {
    const opened = new Live(cache)
    setLive(opened)
    // A part that cannot be loaded is told by the banner, as is every other way of being cut off.
    void opened.open().catch(() => undefined)
    return () => opened.close()
  }, [cache])
  return <Context value={live}>{children}</Context>
}

export const useLive = (): Live | null => useContext(Context)

const nothing = () => () => undefined
const connecting = (): LiveState => 'connecting'

export function useLiveState(): LiveState {
  const live = useLive()
  return useSyncExternalStore(live?.subscribe ?? nothing, live?.state ?? connecting)
}

/** True once the server says that it is of another version than this page. */
export function useIsOutdated(): boolean {
  const live = useLive()
  const version = useSyncExternalStore(live?.subscribe ?? nothing, live?.version ?? (() => null))
  return version !== null && version !== __VERSION__
}

/** While it is shown, what changes of the app is asked again. */
export function useWatch(app: string): void {
  const live = useLive()
  useEffect(() => live?.watch(app), [live, app])
}
