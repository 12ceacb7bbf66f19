import { Command, CommanderError } from 'commander'
import { createCli } from './cli.ts'
import type { CommandSpec, Topic } from './command.ts'
import { topics } from './command-table.ts'
import type { Environment } from './environment.ts'
import { CliError, EXIT } from './exit.ts'
import { Input } from './input.ts'
import { nearest } from './nearest.ts'
import { joinTopic } from './words.ts'

export interface Invocation {
  readonly environment: Environment
  readonly signal: AbortSignal
}

export function allNames(table: readonly Topic[]): string[] {
  return table.flatMap((topic) => topic.commands.flatMap((spec) => [spec.name, ...(spec.aliases ?? [])]))
}

function build(spec: CommandSpec, invocation: Invocation): Command {
  const command = new Command(spec.name).description(spec.summary)
  if (spec.args !== undefined) command.arguments(spec.args)
  for (const alias of spec.aliases ?? []) command.alias(alias)
  if (spec.app === true) {
    command.option('-a, --app <name>', 'the app; else SKYPANEL_APP, else the git remote of this folder')
    command.option('-r, --remote <name>', 'the git remote that names the app')
  }
  for (const [flags, text] of spec.options ?? []) command.option(flags, text)
  if (spec.json !== false) command.option('--json', 'print one JSON document')
  command.option('--host <url>', 'the platform; else SKYPANEL_HOST, else the one of the last login')
  if (spec.passThrough === true) command.passThroughOptions().allowUnknownOption()
  command.addHelpText(
    'after',
    `\nExamples:\n${spec.examples.map((line) => `  $ skypanel ${line}\n`).join('')}${below(spec)}`,
  )
  command.action(async () => {
    const input = new Input(command.args, command.opts())
    const action = await spec.load()
    await action(createCli(input, invocation.environment, invocation.signal), input)
  })
  return command
}

/** The commands under a topic, shown with the help of the command that has the topic's name. */
function below(topic: CommandSpec): string {
  const inside = topics.flatMap(({ commands }) =>
    commands.filter((spec) => spec.name.startsWith(`${topic.name}:`)),
  )
  if (inside.length === 0) return ''
  const longest = Math.max(...inside.map((spec) => spec.name.length))
  return `\nCommands:\n${inside.map((spec) => `  ${spec.name.padEnd(longest)}  ${spec.summary}\n`).join('')}`
}

export function createProgram(invocation: Invocation): Command {
  const program = new Command('skypanel')
    .usage('COMMAND [arguments]')
    .description('Push, run and scale apps on your own machine.')
    .enablePositionalOptions()
    .helpCommand(false)
    .configureHelp({
      subcommandTerm: (command) =>
        `${command.name()} ${command.usage().replace('[options]', '').trim()}`.trim(),
      subcommandDescription: (command) => command.description(),
    })
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .option('--version', 'print the version')
  for (const topic of topics) {
    for (const spec of topic.commands) {
      const command = build(spec, invocation).copyInheritedSettings(program).helpGroup(`${topic.title}:`)
      program.addCommand(command, { hidden: spec.hidden === true })
    }
  }
  return program
}

function unknownCommand(word: string, names: readonly string[]): CliError {
  const meant = nearest(word, names)
  return new CliError('usage', `${word} is not a skypanel command.`, {
    hint:
      meant === undefined
        ? 'See all commands: skypanel help'
        : `Did you mean ${meant}? See all commands: skypanel help`,
    exit: EXIT.usage,
  })
}

/** commander's `error: missing …` as a sentence, the suggestion behind it. */
function sentence(message: string): string {
  const [text = '', suggestion] = message.replace(/^error: /, '').split('\n')
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
  return suggestion === undefined ? whole : `${whole} ${suggestion.replace(/^\(|\)$/g, '')}`
}

/** Runs one command line (without node and script). Rejects with CliError, Quit or a fault. */
export async function runProgram(argv: readonly string[], invocation: Invocation): Promise<void> {
  const names = allNames(topics)
  const [first, ...rest] = joinTopic(argv, new Set(names))
  const program = createProgram(invocation)
  if (
    first === undefined ||
    ((first === 'help' || first === '--help' || first === '-h') && rest.length === 0)
  ) {
    process.stdout.write(program.helpInformation() + '\nMore about one command:  skypanel help COMMAND\n')
    return
  }
  const words = first === 'help' ? [...rest.slice(0, 1), '--help'] : [first, ...rest]
  const word = words[0] ?? ''
  if (!word.startsWith('-') && !names.includes(word)) throw unknownCommand(word, names)
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return
    throw new CliError('usage', sentence(error.message), {
      hint: `See how it is used: skypanel help ${word}`,
      exit: EXIT.usage,
    })
  }
}
