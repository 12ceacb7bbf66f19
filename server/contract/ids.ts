import { z } from 'zod'

/** Identifiers are uuid v7: sortable by creation time, made in the use case, never in a decision. */
const id = <Brand extends string>() => z.uuid().brand<Brand>()

export const AccountId = id<'AccountId'>()
export type AccountId = z.infer<typeof AccountId>
export const TeamId = id<'TeamId'>()
export type TeamId = z.infer<typeof TeamId>
export const AppId = id<'AppId'>()
export type AppId = z.infer<typeof AppId>
export const BuildId = id<'BuildId'>()
export type BuildId = z.infer<typeof BuildId>
export const ReleaseId = id<'ReleaseId'>()
export type ReleaseId = z.infer<typeof ReleaseId>
export const InstanceId = id<'InstanceId'>()
export type InstanceId = z.infer<typeof InstanceId>
export const DeploymentId = id<'DeploymentId'>()
export type DeploymentId = z.infer<typeof DeploymentId>
export const TokenId = id<'TokenId'>()
export type TokenId = z.infer<typeof TokenId>
export const SessionId = id<'SessionId'>()
export type SessionId = z.infer<typeof SessionId>

/** Names that would collide with the platform's own hosts, or mislead in a URL. */
export const RESERVED_NAMES: readonly string[] = [
  'admin',
  'api',
  'apps',
  'auth',
  'dashboard',
  'docs',
  'edge',
  'ftp',
  'git',
  'help',
  'localhost',
  'login',
  'logs',
  'mail',
  'ns',
  'ns1',
  'ns2',
  'panel',
  'root',
  'route',
  'skypanel',
  'smtp',
  'static',
  'status',
  'support',
  'system',
  'www',
]

/** An app's name is its host label, so it follows DNS: 3 to 30 characters, a letter first, no hyphen at the end. */
export const AppName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{1,28}[a-z0-9]$/,
    'must be 3 to 30 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen',
  )
  .refine((name) => !name.includes('--'), 'must not contain two hyphens in a row')
  .refine((name) => !RESERVED_NAMES.includes(name), 'is reserved')
export type AppName = z.infer<typeof AppName>

/** A process type as the Procfile names it. `web` is routed, `release` runs once before a release goes live. */
export const ProcessType = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and inner hyphens')
export type ProcessType = z.infer<typeof ProcessType>

/** The same rule a POSIX shell has for a variable's name. */
export const ConfigVarName = z
  .string()
  .max(128)
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    'must start with a letter or underscore and hold only letters, digits and underscores',
  )

export const HostName = z
  .string()
  .max(253)
  .regex(
    /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+$/,
    'must be a lower-case host name with at least one dot',
  )

/** UTC, ISO 8601, as the database's clock gave it. */
export const Time = z.iso.datetime({ offset: true })
