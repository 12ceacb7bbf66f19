import { useQuery } from '@tanstack/react-query'
import { Suspense, useEffect, useRef } from 'react'
import { Link, NavLink, Outlet, useLocation } from 'react-router'
import { appsQuery } from '../api/queries.ts'
import { appStatus } from '../apps/app-status.ts'
import { Notice, Skeleton } from '../design/blocks.tsx'
import { Button } from '../design/button.tsx'
import { Icon, Mark } from '../design/icon.tsx'
import { StatusDot } from '../design/status-pill.tsx'
import { useIsOutdated, useLiveState } from '../live/live-context.tsx'
import { strings } from '../strings.ts'
import { AccountMenu } from './account-menu.tsx'
import { loadPages } from './page.tsx'
import { PageBoundary } from './page-boundary.tsx'
import './shell.css'

/** ms after which the first page has what it asked for, and those that may follow are brought. */
const QUIET_MS = 400

/** What stands around every page: brand, apps, account, and whether the page is connected. */
export function Shell() {
  const { pathname } = useLocation()
  const main = useRef<HTMLElement>(null)
  const before = useRef(pathname)
  // Who goes to another page by keyboard or screen reader begins at its top, not at the link that is gone.
  useEffect(() => {
    if (before.current === pathname) return
    before.current = pathname
    main.current?.focus({ preventScroll: true })
    window.scrollTo(0, 0)
  }, [pathname])
  useEffect(() => {
    const timer = setTimeout(() => void loadPages(), QUIET_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className="shell">
      <a className="skip" href="#main">
        {strings.common.skipToContent}
      </a>
      <Side />
      <div className="content">
        <Banners />
        <main ref={main} id="main" className="main" tabIndex={-1}>
          <PageBoundary key={pathname}>
            <Suspense
              fallback={
                <div className="page">
                  <Skeleton rows={5} />
                </div>
              }
            >
              <Outlet />
            </Suspense>
          </PageBoundary>
        </main>
      </div>
    </div>
  )
}

function Side() {
  const { data: apps } = useQuery(appsQuery)
  return (
    <header className="side">
      <Link to="/" className="brand">
        <Mark /> {strings.product}
      </Link>
      <nav className="side-nav" aria-label={strings.nav.main}>
        <NavLink to="/" end className="side-link">
          <Icon name="apps" /> {strings.nav.apps}
        </NavLink>
      </nav>
      {apps !== undefined && apps.length > 0 && (
        <nav className="side-apps" aria-labelledby="side-apps">
          <h2 id="side-apps">{strings.nav.yourApps}</h2>
          <ul>
            {apps.map((app) => (
              <li key={app.id}>
                <NavLink to={`/apps/${app.name}`} className="side-link">
                  <StatusDot {...appStatus(app)} />
                  <span className="cut">{app.name}</span>
                </NavLink>
              </li>
            ))}
          </ul>
        </nav>
      )}
      <div className="side-foot">
        <AccountMenu />
      </div>
    </header>
  )
}

function Banners() {
  const state = useLiveState()
  const outdated = useIsOutdated()
  return (
    <div className="banners" role="status">
      {state === 'offline' && <Notice tone="warn">{strings.live.offline}</Notice>}
      {outdated && (
        <Notice
          tone="busy"
          action={
            <Button small onClick={() => location.reload()}>
              {strings.live.reload}
            </Button>
          }
        >
          {strings.live.outdated}
        </Notice>
      )}
    </div>
  )
}
