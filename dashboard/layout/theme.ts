import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'
/** As in public/theme.js, which sets it before the first paint. */
const KEY = 'skypanel.theme'

const chosen = (): Theme => {
  const { theme } = document.documentElement.dataset
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(chosen)
  return [
    theme,
    (next) => {
      if (next === 'system') delete document.documentElement.dataset['theme']
      else document.documentElement.dataset['theme'] = next
      try {
        localStorage.setItem(KEY, next)
      } catch {
        // Storage may be forbidden; then it holds until the page is loaded again.
      }
      setTheme(next)
    },
  ]
}
