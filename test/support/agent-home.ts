import { mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import type { BuildEngine } from '../../buildpacks/engine.ts'
import type { ObservedInstance } from '../../server/contract/nodes.ts'

/** What set-up leaves for an agent of real instances; its nine ports begin at `port`. */
export function writeAgentHome(
  { home, native }: { readonly home: string; readonly native: string },
  { id, range, port }: { readonly id: string; readonly range: string; readonly port: number },
): void {
  const names = [
    'panel',
    'http',
    'https',
    'dns',
    'directory',
    'edge',
    'consulHttp',
    'consulRpc',
    'consulSerf',
  ]
  const write = (name: string, value: unknown) => writeFileSync(join(home, name), JSON.stringify(value))
  write('installation.json', {
    version: 1,
    id,
    home,
    range,
    domain: null,
    driver: 'nspawn',
    registry: 'embedded',
    allowUnlimited: true,
    supervision: 'direct',
    ports: Object.fromEntries(names.map((name, at) => [name, port + at])),
    database: { kind: 'private' },
  })
  write('registries.json', {
    npm: { registry: 'https://packages.example/' },
    pip: { indexUrl: null, extraIndexUrls: [] },
    go: { proxy: null, sumdb: null },
    apt: { archive: 'https://packages.example/', security: null },
    caBundle: '/etc/ssl/certs/ca-certificates.crt',
  })
  mkdirSync(join(home, 'agent'), { recursive: true })
  write('agent/native.json', { path: native })
}

/** An engine for tests that build nothing. */
export const NO_BUILDS: BuildEngine = {
  name: 'fake',
  fingerprint: async () => ({ ok: true, detail: '', stack: null }),
  build: async () => ({ ok: false, code: 'internal_error', message: 'not asked', hint: null }),
  rooted: async () => [],
  unroot: async () => undefined,
  collect: async () => 0,
  tidy: async () => undefined,
  caches: async () => [],
  purgeCaches: async () => 0,
  forgetApp: async () => undefined,
  sweep: async () => [],
}

/** An order or a question to the agent behind the socket. */
export function askAgent<T = unknown>(
  socketPath: string,
  verb: string,
  body: unknown,
): Promise<{ status: number; body: T }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, agent: false, method: 'POST', path: `/v1/${verb}` }, (response) => {
      let text = ''
      response.on('data', (data: Buffer) => (text += data.toString()))
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as T }))
    })
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

/** The instance once it is in that state. Errors: it ended instead. */
export async function untilInstance(
  socketPath: string,
  id: string,
  status: ObservedInstance['state']['status'],
): Promise<ObservedInstance> {
  for (let after: number | undefined; ; ) {
    const { body } = await askAgent<{ version: number; instances: ObservedInstance[] }>(
      socketPath,
      'observe',
      after === undefined ? {} : { after },
    )
    const found = body.instances.find((one) => one.id === id)
    if (found?.state.status === status) return found
    if (found?.state.status === 'exited') throw new Error(JSON.stringify(found.state))
    after = body.version
  }
}
