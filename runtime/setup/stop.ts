import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kernelNames } from '../installation.ts'
import { OWN_MOUNTS } from '../limits/mount-hierarchies.ts'
import { agentClient } from './agent-client.ts'
import type { Reporter } from './reporter.ts'
import { known, supervisionOf, type SetupContext } from './setup-context.ts'

/** The longest grace of an instance and a little. */
const INSTANCES_GONE_WITHIN = 40_000

/** Stops everything: first who gives orders, then the instances, then what served them. */
export async function stopPlatform(context: SetupContext, reporter: Reporter): Promise<void> {
  const installation = known(context.installation, 'the installation')
  const supervision = supervisionOf(context)
  const running = (await supervision.status())
    .filter(({ state }) => state !== 'stopped')
    .map(({ name }) => name)
  const first = running.filter((name) => name === 'server' || name === 'consul-build')
  if (first.length > 0) await supervision.stop(first)
  const stopped = await stopInstances(context.at.agentSocket)
  if (stopped > 0) reporter.line(`${stopped} instance${stopped === 1 ? '' : 's'} stopped`)
  await supervision.shutdown()
  const { cgroup, buildCgroup } = kernelNames(installation.id)
  const killed = (await killGroup(cgroup)) + (await killGroup(buildCgroup))
  if (killed > 0)
    reporter.warn(
      `${killed} process${killed === 1 ? '' : 'es'} of instances or builds had to be killed: the agent was not there to stop them`,
    )
}

/** Asks the agent to stop all instances; an agent that is away has none to tell, `killGroup` finds what is left. */
async function stopInstances(socket: string): Promise<number> {
  const agent = agentClient(socket)
  const hello = await agent.hello().catch(() => null)
  if (hello === null) return 0
  // The epoch that the agent knows: the server that gave it is stopped, so nobody contradicts.
  const epoch = Math.max(1, hello.epoch)
  const { instances } = await agent.observe()
  const alive = instances.filter(({ state }) => state.status !== 'exited')
  await Promise.all(alive.map(async ({ id }) => await agent.stop(epoch, id)))
  const deadline = Date.now() + INSTANCES_GONE_WITHIN
  while (Date.now() < deadline) {
    const left = (await agent.observe()).instances.filter(({ state }) => state.status !== 'exited')
    if (left.length === 0) break
    await sleep(100)
  }
  return alive.length
}

/** Control groups of this name, at the top of every hierarchy and as systemd nests them. */
export async function groupsNamed(
  name: string,
  tops: readonly string[] = ['/sys/fs/cgroup', OWN_MOUNTS],
): Promise<string[]> {
  const found: string[] = []
  const places = (
    await Promise.all(
      tops.map(async (top) => [
        top,
        ...(
          await readdir(top, { withFileTypes: true }).catch(() => [])
        )
          .filter((entry) => entry.isDirectory())
          .map((entry) => join(top, entry.name)),
      ]),
    )
  ).flat()
  for (const place of places) {
    const slice = join(place, 'skypanel.slice', `${name}.slice`)
    if ((await readdir(slice).catch(() => null)) !== null) found.push(slice)
  }
  for (const place of places)
    if ((await readdir(join(place, name)).catch(() => null)) !== null) found.push(join(place, name))
  return found
}

/** Every process in a group and below it. */
export async function processesIn(group: string): Promise<number[]> {
  const entries = await readdir(group, { withFileTypes: true }).catch(() => [])
  const own = (await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => ''))
    .split('\n')
    .filter((line) => line !== '')
    .map(Number)
  const below = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory())
      .map(async (entry) => await processesIn(join(group, entry.name))),
  )
  return [...own, ...below.flat()]
}

/** SIGKILL until none is left. Resolves with how many there were at first. */
export async function killGroup(name: string): Promise<number> {
  let first: number | null = null
  for (let i = 0; i < 100; i++) {
    const left = new Set(
      (await Promise.all((await groupsNamed(name)).map(processesIn)))
        .flat()
        .filter((pid) => pid > 1 && pid !== process.pid),
    )
    first ??= left.size
    if (left.size === 0) break
    for (const pid of left) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch (error) {
        // Ended by itself meanwhile.
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
      }
    }
    await sleep(50)
  }
  return first ?? 0
}
