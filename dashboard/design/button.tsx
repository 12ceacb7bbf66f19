import type { ComponentProps, ReactNode } from 'react'
import { Link } from 'react-router'
import { Icon, type IconName } from './icon.tsx'
import './button.css'

type Kind = 'plain' | 'primary' | 'danger' | 'quiet'

interface Look {
  readonly kind?: Kind
  readonly icon?: IconName
  readonly small?: boolean
}

const classOf = ({ kind = 'plain', small = false }: Look, square: boolean) =>
  ['button', `button-${kind}`, ...(small ? ['button-small'] : []), ...(square ? ['button-square'] : [])].join(
    ' ',
  )

interface ButtonProps extends Look, Omit<ComponentProps<'button'>, 'children'> {
  readonly children: ReactNode
  /** Something it began is still going on; it says so and cannot be pressed again. */
  readonly busy?: boolean
}

export function Button({ kind, icon, small, busy = false, children, className, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={[classOf({ ...look(kind, small) }, false), className ?? ''].join(' ').trim()}
      disabled={rest.disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <span className="spinner" aria-hidden="true" /> : icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}

interface IconButtonProps extends Look, Omit<ComponentProps<'button'>, 'children'> {
  readonly icon: IconName
  /** Read out, and shown as a tooltip. */
  readonly label: string
}

export function IconButton({ kind = 'quiet', icon, small, label, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      {...rest}
      className={[classOf(look(kind, small), true), className ?? ''].join(' ').trim()}
      aria-label={label}
    >
      <Icon name={icon} />
    </button>
  )
}

interface LinkButtonProps extends Look {
  readonly to: string
  readonly children: ReactNode
}

/** Looks like a button, goes to a page of ours. */
export function LinkButton({ to, kind, icon, small, children }: LinkButtonProps) {
  return (
    <Link to={to} className={classOf(look(kind, small), false)}>
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </Link>
  )
}

interface OutwardProps extends Look {
  readonly href: string
  readonly children: ReactNode
}

/** Opens a page that is not ours, which learns nothing of this one. */
export function OutwardButton({ href, kind, icon = 'open', small, children }: OutwardProps) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" className={classOf(look(kind, small), false)}>
      <Icon name={icon} />
      <span>{children}</span>
    </a>
  )
}

const look = (kind: Kind | undefined, small: boolean | undefined): Look => ({
  ...(kind === undefined ? {} : { kind }),
  ...(small === undefined ? {} : { small }),
})
