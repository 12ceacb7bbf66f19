import { CliError } from '../../exit.ts'
import type { Input } from '../../input.ts'
import { ask } from '../../output/prompt.ts'

/** The volume's name, given again. */
export async function confirmed(input: Input, volume: string, what: string): Promise<string> {
  const answer =
    input.text('confirm') ??
    (await ask(`${what} Type its name to go on: `, {
      instead: `Without a question: add --confirm ${volume}`,
    }))
  if (answer.trim() === volume) return volume
  throw new CliError(
    'confirmation_missing',
    `${JSON.stringify(answer.trim())} is not ${volume}; nothing is changed.`,
  )
}
