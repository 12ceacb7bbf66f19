import { BlockList } from 'node:net'

export type ClientKind = 'local' | 'instance' | 'stranger'

/** Tells who asks: this machine's own processes, an instance or build cell of this installation, or nobody of ours. */
export function clientKinds(range: string): (address: string) => ClientKind {
  const local = new BlockList()
  local.addSubnet('127.0.0.0', 8)
  const [base = '', bits = ''] = range.split('/')
  const instances = new BlockList()
  instances.addSubnet(base, Number(bits))
  return (address) => {
    const plain = address.startsWith('::ffff:') ? address.slice(7) : address
    if (local.check(plain)) return 'local'
    return instances.check(plain) ? 'instance' : 'stranger'
  }
}
