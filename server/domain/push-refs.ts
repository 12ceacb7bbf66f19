/** One line of what git hands to a pre-receive hook. */
export interface RefUpdate {
  readonly old: string
  readonly new: string
  readonly ref: string
}

/** Output lines for the pusher stand beside every decision. */
export type PushDecision =
  | { readonly kind: 'accept'; readonly lines: readonly string[] }
  | { readonly kind: 'reject'; readonly lines: readonly string[] }
  /** Deploy `update`; the other refs are accepted with it, or rejected with it: git takes a push whole or not at all. */
  | { readonly kind: 'deploy'; readonly update: RefUpdate; readonly lines: readonly string[] }

const isZero = (sha: string) => /^0+$/.test(sha)

/** Lines as git writes them, `<old> <new> <ref>`; null when one of them is not such a line. */
export function parseRefUpdates(lines: readonly string[]): RefUpdate[] | null {
  const updates: RefUpdate[] = []
  for (const line of lines) {
    const match = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (refs\/\S+)$/.exec(line)
    if (match === null) return null
    const [, old = '', next = '', ref = ''] = match
    updates.push({ old, new: next, ref })
  }
  return updates
}

/** What becomes of a push: only the deploy branch is built, everything else is stored and told so. */
export function decidePush(updates: readonly RefUpdate[], deployBranch: string): PushDecision {
  const deployRef = `refs/heads/${deployBranch}`
  const update = updates.find(({ ref }) => ref === deployRef)
  if (update !== undefined && isZero(update.new)) {
    return {
      kind: 'reject',
      lines: [
        ` !     ${deployBranch} is deployed and cannot be deleted.`,
        ' !     To remove the app: skypanel destroy. To deploy another branch: set its deploy branch.',
      ],
    }
  }
  const others = updates.filter(({ ref }) => ref !== deployRef)
  const lines = others.map(({ ref, new: next }) => {
    const short = ref.replace(/^refs\/(heads\/|tags\/)?/, '')
    return isZero(next)
      ? `-----> ${short} deleted.`
      : `-----> ${short} stored, not built: only ${deployBranch} is deployed.`
  })
  const branch = others.find(({ ref, new: next }) => ref.startsWith('refs/heads/') && !isZero(next))
  if (update !== undefined) return { kind: 'deploy', update, lines }
  if (branch === undefined) return { kind: 'accept', lines }
  const name = branch.ref.slice('refs/heads/'.length)
  return {
    kind: 'accept',
    lines: [...lines, `       To deploy it: git push skypanel ${name}:${deployBranch}`],
  }
}
