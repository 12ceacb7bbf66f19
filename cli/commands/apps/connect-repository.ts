import type { Cli } from '../../cli.ts'
import { type GitRemote, helperLine, setCredentialHelper, setRemote } from '../../git-remote.ts'
import { ownCommand } from '../../own-command.ts'

/** Points a remote at an app and lets git ask us for the token: no password prompt, and no token in a URL. */
export async function connectRepository(
  cli: Cli,
  url: string,
  remote: string,
  remotes: readonly GitRemote[],
): Promise<void> {
  const { origin } = await cli.target()
  const command = ownCommand(cli.environment.path, process.execPath, process.argv[1] ?? '')
  await setRemote(remotes, remote, url)
  await setCredentialHelper(url, helperLine(command, origin))
}
