import type { Topic } from './command.ts'
import { accountCommands } from './commands/accounts/commands.ts'
import { appCommands } from './commands/apps/commands.ts'
import { buildCommands } from './commands/builds/commands.ts'
import { configCommands } from './commands/config/commands.ts'
import { cronCommands } from './commands/cron/commands.ts'
import { deployCommands } from './commands/deploys/commands.ts'
import { domainCommands } from './commands/domains/commands.ts'
import { logCommands } from './commands/logs/commands.ts'
import { nodeCommands } from './commands/nodes/commands.ts'
import { networkCommands } from './commands/network/commands.ts'
import { platformCommands } from './commands/platform/commands.ts'
import { processCommands } from './commands/ps/commands.ts'
import { releaseCommands } from './commands/releases/commands.ts'
import { runCommands } from './commands/run/commands.ts'
import { volumeCommands } from './commands/volumes/commands.ts'

/** Every command, in the order of the help. */
export const topics: readonly Topic[] = [
  { title: 'Account', commands: accountCommands },
  { title: 'Apps', commands: appCommands },
  { title: 'Config vars', commands: configCommands },
  { title: 'Processes', commands: [...processCommands, ...logCommands, ...runCommands, ...cronCommands] },
  { title: 'Releases', commands: [...releaseCommands, ...deployCommands] },
  { title: 'Builds', commands: buildCommands },
  { title: 'Domains', commands: domainCommands },
  { title: 'Volumes', commands: volumeCommands },
  { title: 'Network', commands: networkCommands },
  { title: 'Platform', commands: [...platformCommands, ...nodeCommands] },
]
