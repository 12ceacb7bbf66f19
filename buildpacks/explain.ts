import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** `errors.json` of a language: what a failed step's output gives away, the most telling first. */
export const KnownErrors = z.array(
  z.strictObject({
    /** Regular expression (flag m). Its groups stand for `$1`, `$2` … in the texts. */
    match: z.string(),
    cause: z.string(),
    advice: z.string(),
  }),
)
export type KnownErrors = z.infer<typeof KnownErrors>

export interface Explanation {
  readonly message: string
  readonly hint: string
}

/** The end of the output is where the reason stands; more would only cost time. */
const LOOKED_AT = 64 * 1024
const NAME = /^[a-z][a-z0-9-]{0,30}$/
const assets = fileURLToPath(new URL('.', import.meta.url))

/**
 * A failed step's cause in a sentence, and what to do about it; null when the output says nothing that is known.
 * Looks at the language's own errors first, then at those that any language may have.
 */
export function explainFailure(
  provider: string,
  output: string,
  assetsRoot: string = assets,
): Explanation | null {
  const own = NAME.test(provider) ? readErrors(join(assetsRoot, provider, 'errors.json')) : []
  return explainBy([...own, ...readErrors(join(assetsRoot, 'errors.json'))], output)
}

export function explainBy(known: KnownErrors, output: string): Explanation | null {
  const text = output.slice(-LOOKED_AT)
  for (const { match, cause, advice } of known) {
    const hit = new RegExp(match, 'm').exec(text)
    if (hit === null) continue
    const fill = (sentence: string): string =>
      sentence.replace(/\$([1-9])/g, (_, group: string) => (hit[Number(group)] ?? '').trim().slice(0, 200))
    return { message: fill(cause), hint: fill(advice) }
  }
  return null
}

function readErrors(file: string): KnownErrors {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // A language without known errors is in order.
    return []
  }
  return KnownErrors.parse(JSON.parse(text))
}
