import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { NavLink, Outlet, useLocation, useOutletContext, useParams } from 'react-router'
import type { App } from '../../../server/contract/apps.ts'
import { ApiFailure } from '../../api/failure.ts'
import { appQuery } from '../../api/queries.ts'
import { appStatus } from '../../apps/app-status.ts'
import { Failed, Skeleton } from '../../design/blocks.tsx'
import { OutwardButton } from '../../design/button.tsx'
import { StatusPill } from '../../design/status-pill.tsx'
import { NotFound } from '../../layout/not-found.tsx'
import { useWatch } from '../../live/live-context.tsx'
import { strings } from '../../strings.ts'
import './app-frame.css'

const { nav } = strings
const TABS = [
  { to: '', text: nav.overview },
  { to: 'activity', text: nav.activity },
  { to: 'releases', text: nav.releases },
  { to: 'config', text: nav.config },
  { to: 'logs', text: nav.logs },
  { to: 'settings', text: nav.settings },
] as const

/** What stands above all pages of one app; it watches the app as long as one of them is shown. */
export function AppFrame() {
  const { app: name = '' } = useParams()
  useWatch(name)
  const tabs = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  const { data: app, error, refetch } = useQuery(appQuery(name))
  const there = app !== undefined
  // On a phone the tabs are wider than the screen.
  useEffect(() => {
    if (there) tabs.current?.querySelector('.active')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }, [there, pathname])
  if (error instanceof ApiFailure && error.id === 'app_not_found') return <NotFound />
  if (app === undefined)
    return (
      <div className="page">
        {error === null ? <Skeleton rows={6} /> : <Failed error={error} retry={() => void refetch()} />}
      </div>
    )
  return (
    <>
      <title>{`${app.name} · ${strings.product}`}</title>
      <header className="app-head">
        <div className="app-title">
          <h1 className="cut">{app.name}</h1>
          <StatusPill {...appStatus(app)} />
          {app.release !== null && (
            <div className="push">
              <OutwardButton href={app.web_url} small>
                {strings.apps.open}
              </OutwardButton>
            </div>
          )}
        </div>
        <nav ref={tabs} className="tabs" aria-label={nav.ofApp(app.name)}>
          {TABS.map(({ to, text }) => (
            <NavLink key={to} to={to} end={to === ''} className="tab">
              {text}
            </NavLink>
          ))}
        </nav>
      </header>
      <Outlet context={app} />
    </>
  )
}

/** The app whose page this is. */
export const useApp = (): App => useOutletContext<App>()
