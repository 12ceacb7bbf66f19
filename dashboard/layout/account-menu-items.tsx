import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useNavigate } from 'react-router'
import { sessionEndpoints } from '../../server/contract/sessions.ts'
import { call } from '../api/call.ts'
import { Menu, MenuChoice, MenuItem, MenuLine, MenuNote } from '../design/menu.tsx'
import { tellFailure } from '../design/toasts.tsx'
import { strings } from '../strings.ts'
import { type Theme, useTheme } from './theme.ts'

const { nav } = strings
const THEMES = [
  { value: 'system', text: nav.themes.system, icon: 'system' },
  { value: 'light', text: nav.themes.light, icon: 'sun' },
  { value: 'dark', text: nav.themes.dark, icon: 'moon' },
] as const

/** Open as soon as it is there: it is loaded because somebody asked for it. */
export function AccountMenuItems({ face, email }: { readonly face: ReactNode; readonly email: string }) {
  const [theme, setTheme] = useTheme()
  const go = useNavigate()
  const cache = useQueryClient()
  const signOut = useMutation({
    mutationFn: () => call(sessionEndpoints.close, {}),
    onSuccess: async () => {
      await go('/sign-in')
      cache.clear()
    },
    onError: (error) => tellFailure(nav.notSignedOut, error),
  })
  return (
    <Menu
      defaultOpen
      trigger={
        <button type="button" className="who">
          {face}
        </button>
      }
    >
      <MenuNote>{email}</MenuNote>
      <MenuItem icon="user" onSelect={() => void go('/account')}>
        {nav.account}
      </MenuItem>
      <MenuLine />
      <MenuChoice<Theme> label={nav.theme} value={theme} options={THEMES} onChange={setTheme} />
      <MenuLine />
      <MenuItem icon="back" onSelect={() => signOut.mutate()}>
        {nav.signOut}
      </MenuItem>
    </Menu>
  )
}
