/** One JSON line on stderr, which the supervisor keeps in the process' log. Never called with a secret. */
export function say(message: string, facts: Readonly<Record<string, unknown>> = {}): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), message, ...facts })}\n`)
}
