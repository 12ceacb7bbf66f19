import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { Navigate, Outlet, useLocation } from 'react-router'
import type { OwnAccount } from '../../server/contract/accounts.ts'
import { isSignedOut } from '../api/failure.ts'
import { accountQuery } from '../api/queries.ts'
import { Failed } from '../design/blocks.tsx'
import { LiveProvider } from '../live/live-context.tsx'
import { Waiting } from './waiting.tsx'

const Account = createContext<OwnAccount | null>(null)

/** Who is signed in; only inside of the gate. */
export function useAccount(): OwnAccount {
  const account = useContext(Account)
  if (account === null) throw new Error('used outside of the gate')
  return account
}

/** Lets in who is signed in; leads everybody else to the sign-in page, and back afterwards. */
export function Gate() {
  const { data, error, isPending, refetch } = useQuery(accountQuery)
  const { pathname, search } = useLocation()
  if (isSignedOut(error)) {
    const next = `${pathname}${search}`
    return <Navigate to={`/sign-in?${new URLSearchParams({ next }).toString()}`} replace />
  }
  if (data !== undefined)
    return (
      <Account value={data}>
        <LiveProvider>
          <Outlet />
        </LiveProvider>
      </Account>
    )
  if (isPending) return <Waiting />
  return (
    <main className="lone">
      <Failed error={error} retry={() => void refetch()} />
    </main>
  )
}
