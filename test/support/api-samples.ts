import type { z } from 'zod'
import type { Account, Token } from '../../server/contract/accounts.ts'
import type { App } from '../../server/contract/apps.ts'
import type { Formation, Instance } from '../../server/contract/formation.ts'
import type { Build, Deployment, Release } from '../../server/contract/releases.ts'

/** Documents as the platform would send them, for tests that only care about some of their fields. */
export const uuid = (n: number): string => `0193b2c4-5d6e-7f80-9a1b-${n.toString().padStart(12, '0')}`
const NOON = '2026-11-21T12:00:00.000Z'

export const sampleApp = (name: string, rest: Partial<z.input<typeof App>> = {}): z.input<typeof App> => ({
  id: uuid(1),
  name,
  team: 'ada',
  stack: 'skypanel-13',
  git_url: `http://localhost:8800/git/${name}.git`,
  web_url: `http://${name}.skypanel.localhost:8080/`,
  deploy_branch: 'main',
  maintenance: false,
  health_check_path: null,
  state: 'active',
  created_at: NOON,
  updated_at: NOON,
  release: null,
  instances: { wanted: 0, ready: 0, crashed: 0 },
  work: null,
  ...rest,
})

export const sampleAccount = (email: string): z.input<typeof Account> & { teams: [] } => ({
  id: uuid(2),
  email,
  name: null,
  platform_admin: false,
  has_password: true,
  created_at: NOON,
  teams: [],
})

export const sampleToken = (rest: Partial<z.input<typeof Token>> = {}): z.input<typeof Token> => ({
  id: uuid(3),
  label: 'cli',
  created_at: NOON,
  expires_at: null,
  last_used_at: null,
  current: true,
  ...rest,
})

export const sampleRelease = (
  version: number,
  rest: Partial<z.input<typeof Release>> = {},
): z.input<typeof Release> => ({
  id: uuid(100 + version),
  version,
  state: 'live',
  description: 'Deploy 1a2b3c4d',
  commit: '1a2b3c4d'.repeat(5),
  author: 'ada@example.com',
  process_types: { web: 'node index.js' },
  kept: true,
  reason: null,
  created_at: NOON,
  ...rest,
})

export const sampleBuild = (rest: Partial<z.input<typeof Build>> = {}): z.input<typeof Build> => ({
  id: uuid(4),
  state: 'succeeded',
  commit: '1a2b3c4d'.repeat(5),
  subject: 'Say hello',
  author: 'ada@example.com',
  reason: null,
  stack: 'skypanel-13',
  summary: ['node 22.21.0 (package.json#engines.node)'],
  release: 3,
  created_at: NOON,
  finished_at: NOON,
  ...rest,
})

export const sampleDeployment = (
  rest: Partial<z.input<typeof Deployment>> = {},
): z.input<typeof Deployment> => ({
  id: uuid(5),
  kind: 'config',
  state: 'succeeded',
  step: null,
  release: 4,
  reason: null,
  created_at: NOON,
  finished_at: NOON,
  ...rest,
})

export const sampleFormation = (type: string, quantity: number): z.input<typeof Formation> => ({
  type,
  command: `node ${type}.js`,
  quantity,
  size: 'standard-1x',
})

export const sampleInstance = (
  name: string,
  rest: Partial<z.input<typeof Instance>> = {},
): z.input<typeof Instance> => ({
  id: uuid(6),
  name,
  type: name.split('.')[0] ?? name,
  state: 'ready',
  release: 3,
  reason: null,
  restarts: 0,
  started_at: null,
  ...rest,
})
