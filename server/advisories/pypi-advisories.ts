import { z } from 'zod'
import type { Component, Finding } from '../bom/component.ts'
import { type AdvisorySource, plain, TellsNothing } from './source.ts'

const AT_ONCE = 8

const Reply = z.object({
  vulnerabilities: z
    .array(
      z.object({
        id: z.string(),
        aliases: z.array(z.string()).default([]),
        summary: z.string().nullish(),
        details: z.string().nullish(),
        fixed_in: z.array(z.string()).default([]),
        link: z.string().nullish(),
        withdrawn: z.string().nullish(),
      }),
    )
    .optional(),
})

/** What the index knows of each version of a package, beside the list of files that pip reads. null: it has no such place. */
export function pypiAdvisories(index: string): AdvisorySource | null {
  const url = new URL(index)
  const path = /^(.*\/)simple\/?$/.exec(url.pathname)?.[1]
  if (path === undefined) return null
  const headers: Record<string, string> = { accept: 'application/json' }
  if (url.username !== '') {
    const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
    headers['authorization'] = `Basic ${Buffer.from(credentials).toString('base64')}`
  }
  const base = `${url.origin}${path}pypi/`
  return {
    name: 'The Python package index',
    covers: ({ ecosystem }) => ecosystem === 'pypi',
    async ask(components, signal) {
      const found: Finding[][] = []
      let answered = 0
      for (let at = 0; at < components.length; at += AT_ONCE) {
        const part = components.slice(at, at + AT_ONCE)
        const replies = await Promise.all(part.map((one) => ask(base, one, headers, signal)))
        answered += replies.filter((reply) => reply !== null).length
        // An index that knows none of the first few keeps nothing of the kind.
        if (answered === 0) throw new TellsNothing('it does not tell of vulnerabilities')
        found.push(...replies.map((reply) => reply ?? []))
      }
      return found
    },
  }
}

/** null: the index has nothing on it. */
async function ask(
  base: string,
  component: Component,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Finding[] | null> {
  const { name, version } = component
  const reply = await fetch(`${base}${encodeURIComponent(name)}/${encodeURIComponent(version)}/json`, {
    headers,
    signal,
  })
  if (reply.status === 404 || reply.status === 405) {
    await reply.body?.cancel()
    return null
  }
  if (!reply.ok) throw new Error(`it answered ${reply.status}`)
  const { vulnerabilities } = Reply.parse(await reply.json())
  if (vulnerabilities === undefined) return null
  return vulnerabilities
    .filter(({ withdrawn }) => withdrawn === null || withdrawn === undefined)
    .map((one) => ({
      ecosystem: 'pypi',
      name,
      version,
      id: one.aliases.find((alias) => alias.startsWith('CVE-')) ?? one.id,
      title: plain(one.summary ?? one.details ?? ''),
      // The index does not say how grave it is.
      severity: 'unknown',
      fixedIn: one.fixed_in.at(0) ?? null,
      url: one.link ?? null,
      source: 'pypi',
    }))
}
