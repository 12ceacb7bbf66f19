import { lazy, Suspense, useState } from 'react'
import { Icon } from '../design/icon.tsx'
import { strings } from '../strings.ts'
import { useAccount } from './gate.tsx'

const load = () => import('./account-menu-items.tsx')
const Items = lazy(async () => ({ default: (await load()).AccountMenuItems }))

/** The menu is a sixth of all there is to load, so it is loaded when somebody reaches for it. */
export function AccountMenu() {
  const { email } = useAccount()
  const [asked, setAsked] = useState(false)
  const face = (
    <>
      <Icon name="user" />
      <span className="cut">{email}</span>
      <span className="unseen">{strings.nav.menu}</span>
    </>
  )
  const preload = () => void load().catch(() => undefined)
  const button = (
    <button
      type="button"
      className="who"
      aria-haspopup="menu"
      onPointerEnter={preload}
      onFocus={preload}
      onClick={() => setAsked(true)}
    >
      {face}
    </button>
  )
  return asked ? (
    <Suspense fallback={button}>
      <Items face={face} email={email} />
    </Suspense>
  ) : (
    button
  )
}
