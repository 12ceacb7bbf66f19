import { chown, mkdir, readFile, rm, stat, symlink, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Registries } from '../../buildpacks/registries.ts'
import { consulConfig } from '../command/consul-config.ts'
import { say } from '../directory/say.ts'
import { Installation, paths } from '../installation.ts'
import { buildConsul } from './build.ts'
import { readConsulJob, type ConsulJob } from './config.ts'
import { findConsul, type FoundConsul } from './find.ts'
import { progressTeller, replaceJson, type Progress } from './progress.ts'

/**
 * `consul --home H`, run once at low priority: finds or compiles Consul, then leaves in `<home>/consul` what its
 * process needs: `consul` (a link to the program), `consul.json`, and last `ready.json`. `--prepare` only sees to it
 * that the machine has a Consul.
 */
async function prepareConsul(job: ConsulJob, tell: (progress: Progress) => void): Promise<FoundConsul> {
  tell({ state: 'looking', message: 'looking for Consul' })
  const found = await findConsul(job.places)
  if (found !== null) return found
  const env = { ...job.env, ...(job.home === null ? {} : await goSettings(job.home)) }
  const path = await buildConsul({ caches: job.places.caches, env, tell })
  const built = await findConsul({ ...job.places, explicit: path })
  if (built === null) throw new Error(`${path} was compiled and cannot be run`)
  return built
}

/** Where modules come from, as set-up found it in the machine's own configuration. */
async function goSettings(home: string): Promise<Record<string, string>> {
  const text = await readFile(paths(home).registries, 'utf8').catch(() => null)
  if (text === null) return {}
  const { go, caBundle } = Registries.parse(JSON.parse(text))
  return {
    ...(go.proxy === null ? {} : { GOPROXY: go.proxy }),
    ...(go.sumdb === null ? {} : { GOSUMDB: go.sumdb }),
    SSL_CERT_FILE: caBundle,
  }
}

async function install(home: string, found: FoundConsul): Promise<void> {
  const folder = paths(home).consul
  const installation = Installation.parse(JSON.parse(await readFile(paths(home).installation, 'utf8')))
  const data = join(folder, 'data')
  await mkdir(data, { recursive: true, mode: 0o700 })
  // The folder belongs to Consul's user, who therefore owns its data as well.
  const { uid, gid } = await stat(folder)
  await chown(data, uid, gid)
  const link = join(folder, 'consul')
  await rm(`${link}.part`, { force: true })
  await symlink(found.path, `${link}.part`)
  await rename(`${link}.part`, link)
  await replaceJson(join(folder, 'consul.json'), consulConfig(installation, data))
  await replaceJson(join(folder, 'ready.json'), { binary: found.path, version: found.version })
}

let teller: ReturnType<typeof progressTeller> | null = null
try {
  const job = readConsulJob(process.argv.slice(2))
  const { home } = job
  const tellProgress = progressTeller((progress) =>
    home === null
      ? Promise.resolve(say(progress.message, { ...progress }))
      : replaceJson(join(paths(home).consul, 'build.json'), progress),
  )
  teller = tellProgress
  const found = await prepareConsul(job, tellProgress)
  if (home !== null) await install(home, found)
  tellProgress({ state: 'ready', message: `Consul ${found.version} at ${found.path}` })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  say(message)
  teller?.({ state: 'failed', message })
  process.exitCode = 1
}
await teller?.done()
