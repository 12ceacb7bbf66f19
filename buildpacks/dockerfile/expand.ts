const MAX_LENGTH = 4096

/**
 * `$NAME`, `${NAME}`, `${NAME:-other}` and `${NAME:+other}` with the values of ARGs. What has no value becomes nothing,
 * as Docker has it. Pure.
 */
export function expand(text: string, values: Readonly<Record<string, string>>): string {
  const valueOf = (name: string) => (Object.hasOwn(values, name) ? (values[name] ?? '') : '')
  return text
    .slice(0, MAX_LENGTH)
    .replaceAll(
      /\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?([-+])([^{}]*))?\})/g,
      (_, plain: string | undefined, braced: string | undefined, how: string | undefined, other: string) => {
        const value = valueOf(plain ?? braced ?? '')
        if (how === '-') return value === '' ? other : value
        if (how === '+') return value === '' ? '' : other
        return value
      },
    )
    .slice(0, MAX_LENGTH)
}

/** `NAME=value` and `NAME` of an ARG instruction; quotes are taken off. */
export function readArgs(rest: string): { name: string; value: string | null }[] {
  return [...rest.slice(0, MAX_LENGTH).matchAll(/([A-Za-z_]\w*)(=("[^"]*"|'[^']*'|\S*))?/g)].map(
    ([, name = '', given, value = '']) => ({
      name,
      value: given === undefined ? null : value.replace(/^(["'])([\s\S]*)\1$/, '$2'),
    }),
  )
}
