/** A command as the shells need to know it. */
export interface Known {
  readonly name: string
  readonly aliases: readonly string[]
  readonly summary: string
  readonly options: readonly string[]
}

const names = (known: readonly Known[]): string[] => known.flatMap(({ name, aliases }) => [name, ...aliases])

/** bash breaks words at colons, so `config:s` arrives in pieces and the answer must leave out what is typed. */
export function bashCompletion(known: readonly Known[]): string {
  const cases = known.map(
    ({ name, aliases, options }) => `    ${[name, ...aliases].join('|')}) words='${options.join(' ')}' ;;`,
  )
  return `# skypanel completion for bash: source <(skypanel completion bash)
_skypanel() {
  local line="\${COMP_LINE:0:COMP_POINT}" words='' typed command prefix
  local -a parts
  read -r -a parts <<< "$line"
  typed=''
  [[ $line == *' ' ]] || typed="\${parts[\${#parts[@]}-1]}"
  command="\${parts[1]}"
  if (( \${#parts[@]} == 1 )) || { (( \${#parts[@]} == 2 )) && [[ -n $typed ]]; }; then
    words='${names(known).join(' ')}'
  else
    case "$command" in
${cases.join('\n')}
    esac
  fi
  prefix="\${typed%"\${typed##*:}"}"
  COMPREPLY=()
  local word
  while read -r word; do COMPREPLY+=("\${word#"$prefix"}"); done < <(compgen -W "$words" -- "$typed")
}
complete -o default -F _skypanel skypanel
`
}

const zshQuote = (text: string): string => text.replaceAll("'", "'\\''").replaceAll(':', '\\:')

export function zshCompletion(known: readonly Known[]): string {
  const lines = known.flatMap(({ name, aliases, summary }) =>
    [name, ...aliases].map((one) => `    '${zshQuote(one)}:${zshQuote(summary)}'`),
  )
  const cases = known.map(
    ({ name, aliases, options }) => `    ${[name, ...aliases].join('|')}) options=(${options.join(' ')}) ;;`,
  )
  return `#compdef skypanel
# skypanel completion for zsh: source <(skypanel completion zsh)
_skypanel() {
  local -a commands options
  commands=(
${lines.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "\${words[2]}" in
${cases.join('\n')}
  esac
  compadd -a options
}
compdef _skypanel skypanel
`
}

const fishQuote = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")

export function fishCompletion(known: readonly Known[]): string {
  const lines = known.flatMap(({ name, aliases, summary, options }) => {
    const all = [name, ...aliases]
    return [
      ...all.map(
        (one) => `complete -c skypanel -n __fish_use_subcommand -f -a '${one}' -d '${fishQuote(summary)}'`,
      ),
      ...options.map(
        (option) =>
          `complete -c skypanel -n '__fish_seen_subcommand_from ${all.join(' ')}' -l ${option.replace(/^--/, '')}`,
      ),
    ]
  })
  return `# skypanel completion for fish: skypanel completion fish | source\n${lines.join('\n')}\n`
}
