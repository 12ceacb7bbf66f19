/** The code behind the `#`; it goes from the address at once, so that neither history nor a screenshot keeps it. */
export function takeCode(): string | null {
  const code = decodeURIComponent(location.hash.slice(1))
  if (code === '') return null
  history.replaceState(history.state, '', location.pathname)
  return code
}
