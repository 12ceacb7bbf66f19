import { networkEnvironment } from './net-env.ts'
import type { Registries } from '../registries.ts'

/**
 * First of the 65,536 uids that builds of images own, below those of instances. All such builds share them: each has a
 * user, pid, mount and network namespace of its own and sees no file but its app's.
 */
export const IMAGE_UIDS = 0x2fff0000

/** Where the box shows the machine's CA bundle, and where a RUN finds it; nothing of it stays in the image. */
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt'
const BUNDLE_INSIDE = '/run/skypanel-ca.pem'

const toml = (text: string) => JSON.stringify(text)

/** buildah's own configuration. `bases` are names of folders below /bases, read-only storages of one image each. */
export function storageConf(bases: readonly string[]): string {
  const stores = bases.map((name) => toml(`/bases/${name}/graph`)).join(', ')
  return `[storage]
driver = "overlay"
runroot = "/run/containers"
graphroot = "/storage/graph"
[storage.options]
additionalimagestores = [${stores}]
`
}

/** A name without a registry is Docker's, as everywhere else; what the operator names besides may be without TLS. */
export function registriesConf({ images }: Pick<Registries, 'images'>): string {
  const blocks = (images?.insecure ?? []).map(
    (location) => `[[registry]]\nlocation = ${toml(location)}\ninsecure = true\n`,
  )
  return `unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n${blocks.join('')}`
}

/**
 * What every RUN finds of the machine's registries and certificates. They are ARGs, for buildah lets no other variable in
 * that an image would not keep.
 */
export function runVariables(registries: Registries): Record<string, string> {
  const found = Object.entries(networkEnvironment(registries)).filter(
    ([name]) => !name.startsWith('SKYPANEL_'),
  )
  return Object.fromEntries(found.map(([name, value]) => [name, value === BUNDLE ? BUNDLE_INSIDE : value]))
}

export const CONTAINERS_CONF = `[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
`

/** Signatures are checked nowhere: what a tag leads to is its registry's word, as with every other builder. */
export const POLICY = '{"default":[{"type":"insecureAcceptAnything"}]}\n'

export const CERTIFICATES = `--volume=${BUNDLE}:${BUNDLE_INSIDE}:ro`

/** Arguments as the scripts read them. */
export const nulList = (words: readonly string[]) => words.map((word) => `${word}\0`).join('')
