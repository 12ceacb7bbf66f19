// First, before any schema is made.
import './zod-without-eval.ts'
import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { BrowserRouter } from 'react-router'
import { ApiFailure, isSignedOut } from './api/failure.ts'
import './design/tokens.css'
import './design/base.css'
import { keys } from './api/queries.ts'
import { Toasts } from './design/toasts.tsx'
import { Routes } from './routes.tsx'

const cache: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      // Whoever is signed out hears it from whichever question came first; the gate then leads to the sign-in page.
      if (isSignedOut(error) && query.queryKey[0] !== keys.account[0])
        void cache.invalidateQueries({ queryKey: keys.account })
    },
  }),
  defaultOptions: {
    queries: {
      // Notices say what to ask again; this is for what was missed while a tab slept.
      staleTime: 60_000,
      networkMode: 'always',
      retry: (count, error) =>
        error instanceof ApiFailure && (error.id === 'offline' || error.status >= 502) && count < 3,
    },
    mutations: { networkMode: 'always' },
  },
})

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id root')
createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={cache}>
        <BrowserRouter>
          <Routes />
        </BrowserRouter>
        <Toasts />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
)
