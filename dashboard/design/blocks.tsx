import type { ReactNode } from 'react'
import { messageOf, requestIdOf } from '../api/failure.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import { CopyButton } from './copy.tsx'
import { Icon, type IconName } from './icon.tsx'
import './blocks.css'

interface SectionProps {
  readonly title: string
  readonly about?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Section({ title, about, actions, children }: SectionProps) {
  return (
    <section className="section">
      <header className="section-head">
        <div>
          <h2>{title}</h2>
          {about !== undefined && <p className="section-about">{about}</p>}
        </div>
        {actions !== undefined && <div className="row">{actions}</div>}
      </header>
      {children}
    </section>
  )
}

/** A framed list or table. */
export const Panel = ({ children }: { readonly children: ReactNode }) => (
  <div className="panel">{children}</div>
)

interface EmptyProps {
  readonly icon: IconName
  readonly title: string
  readonly children: ReactNode
}

/** Nothing there yet: what it would be, and what to do or type so that there is. */
export function EmptyState({ icon, title, children }: EmptyProps) {
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      <div className="empty-about">{children}</div>
    </div>
  )
}

/** Grey bars where something will stand, so that nothing jumps when it comes. */
export function Skeleton({ rows = 3 }: { readonly rows?: number }) {
  return (
    <div className="skeleton" role="status">
      <span className="unseen">{strings.common.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        // oxlint-disable-next-line no-array-index-key -- the rows are all alike
        <div key={row} className="skeleton-row">
          <span />
          <span />
        </div>
      ))}
    </div>
  )
}

/** Something could not be loaded: why, the request's id for whoever is asked for help, and another try. */
export function Failed({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const request = requestIdOf(error)
  return (
    <div className="failed" role="alert">
      <Icon name="alert" />
      <div className="failed-text">
        <p className="break">{messageOf(error)}</p>
        {request !== null && (
          <p className="faint failed-request">
            {strings.errors.request(request)} <CopyButton text={request} what={strings.errors.requestId} />
          </p>
        )}
      </div>
      {retry !== undefined && (
        <Button icon="refresh" onClick={retry} small>
          {strings.common.tryAgain}
        </Button>
      )}
    </div>
  )
}

interface NoticeProps {
  readonly tone: 'busy' | 'warn' | 'bad'
  readonly children: ReactNode
  readonly action?: ReactNode
}

export const Notice = ({ tone, children, action }: NoticeProps) => (
  <div className={`notice notice-${tone}`}>
    {tone === 'busy' ? <span className="spinner" aria-hidden="true" /> : <Icon name="alert" />}
    <div className="notice-text">{children}</div>
    {action}
  </div>
)

interface FactsProps {
  readonly facts: readonly (readonly [string, ReactNode])[]
  /** Several in a line, where there is room. */
  readonly wide?: boolean
}

/** Names and values. */
export function Facts({ facts, wide = false }: FactsProps) {
  return (
    <dl className={wide ? 'facts facts-wide' : 'facts'}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
