import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

export const CONSUL_MODULE = 'github.com/hashicorp/consul'

/** The folder of our go.mod, which names Consul as a tool: beside this file, in the checkout as in the build. */
export function moduleFolder(): string {
  return dirname(fileURLToPath(import.meta.url))
}

/** The version that a go.mod pins, `1.20.1`, and the oldest Go that it takes, `1.24`. */
export function parsePin(goMod: string): { readonly consul: string; readonly go: string } {
  const consul = /^\s*(?:require\s+)?github\.com\/hashicorp\/consul v(\S+)/m.exec(goMod)?.[1]
  const go = /^go (\d+\.\d+)/m.exec(goMod)?.[1]
  if (consul === undefined || go === undefined) throw new Error(`go.mod of ${CONSUL_MODULE} pins no version`)
  return { consul, go }
}

export function readPin(): { readonly consul: string; readonly go: string } {
  return parsePin(readFileSync(`${moduleFolder()}/go.mod`, 'utf8'))
}
