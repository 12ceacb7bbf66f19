import { Icon, type IconName } from './icon.tsx'
import type { Status, Tone } from './status.ts'
import './status-pill.css'

const ICONS: Readonly<Record<Tone, IconName>> = {
  good: 'check',
  busy: 'clock',
  warn: 'pause',
  bad: 'alert',
  idle: 'dash',
}

/** An icon and a word; the colour only repeats what they say. */
export function StatusPill({ tone, text }: Status) {
  return (
    <span className={`pill pill-${tone}`}>
      {tone === 'busy' ? <span className="spinner" aria-hidden="true" /> : <Icon name={ICONS[tone]} />}
      {text}
    </span>
  )
}

/** Where there is no room for a word it is read out instead. Shapes differ as well as colours. */
export function StatusDot({ tone, text }: Status) {
  return (
    <span className={`dot dot-${tone}`} title={text}>
      <span className="unseen">{text}</span>
    </span>
  )
}
