import { isFree, portHolder } from '../../setup/busy-port.ts'
import { supervisionOf } from '../../setup/setup-context.ts'
import { fail, ok, type Check } from '../check.ts'

/** Ports are ours or free. */
export const ports: Check = {
  name: 'ports',
  about: 'machine',
  async run(context) {
    const { installation, version, options } = context
    const wanted =
      installation === null
        ? [options.panelPort ?? 8800, options.httpPort ?? 8080, options.httpsPort ?? 8443]
        : [installation.ports.panel, installation.ports.http, installation.ports.https]
    const ours =
      installation === null || version === null
        ? []
        : (await supervisionOf(context).status()).flatMap(({ pid }) => (pid === null ? [] : [pid]))
    for (const port of wanted) {
      if (await isFree(port)) continue
      const holder = await portHolder(port)
      if (holder !== null && ours.includes(holder.pid)) continue
      return fail(
        `port ${port} belongs to ${holder === null ? 'another process' : `${holder.program} (pid ${holder.pid})`}`,
        'Stop it, or choose others: npm start -- --panel-port, --http-port, --https-port',
      )
    }
    return ok(wanted.join(', '))
  },
}
