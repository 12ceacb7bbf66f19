/**
 * What is kept for ever of a command that somebody typed: its program, as far as that is a plain word. The rest, and
 * variables before it, may hold a secret. null: a shell was asked for.
 */
export function programOf(command: string | null): string | null {
  if (command === null) return null
  const [word = ''] = command.trim().split(/[\s;|&<>()]/)
  return /^[A-Za-z0-9_./-]{1,60}$/.test(word) ? word : '(a command line)'
}
