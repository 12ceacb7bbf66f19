/** An instance as `ps` lists it; no program that one would type has such a name. */
const INSTANCE = /^[a-z][a-z0-9_-]*\.\d+$/

/** Takes the instance off the front of what was typed, unless it is named by an option. */
export function takeInstance(
  args: readonly string[],
  named: string | undefined,
): { readonly instance: string | null; readonly words: readonly string[] } {
  const [first, ...rest] = args
  if (named !== undefined) return { instance: named, words: withoutDashes(args) }
  if (first === undefined || !INSTANCE.test(first)) return { instance: null, words: withoutDashes(args) }
  return { instance: first, words: withoutDashes(rest) }
}

/** `--` behind the instance's name is an argument to the parser, as options end there already. */
function withoutDashes(words: readonly string[]): readonly string[] {
  return words[0] === '--' ? words.slice(1) : words
}
