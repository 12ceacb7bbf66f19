/**
 * Where to go on after signing in: a path of this panel, whatever the address asks for. What browsers would read as
 * another host (`//host`, `/\host`, a scheme) leads to the start. Pure.
 */
export function localPath(next: string | null): string {
  if (next === null || !next.startsWith('/') || /^\/[/\\]/.test(next)) return '/'
  // Tabs and line ends are dropped by browsers before they read an address.
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\\]/.test(next)) return '/'
  return next.startsWith('/sign-in') || next.startsWith('/welcome') ? '/' : next
}
