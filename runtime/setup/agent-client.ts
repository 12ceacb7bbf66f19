import { request } from 'node:http'
import { agentVerbs } from '../../server/contract/nodes.ts'

/** The few verbs that set-up and doctor ask of the agent, over its unix socket. */
export function agentClient(socketPath: string) {
  const call = async (verb: string, body: unknown): Promise<unknown> =>
    await new Promise((resolve, reject) => {
      const asking = request(
        {
          socketPath,
          method: 'POST',
          path: `/v1/${verb}`,
          headers: { 'content-type': 'application/json' },
          timeout: 30_000,
        },
        (reply) => {
          let text = ''
          reply.setEncoding('utf8')
          reply.on('data', (piece: string) => (text += piece))
          reply.on('error', reject)
          reply.on('end', () => {
            if (reply.statusCode !== 200)
              reject(
                new Error(`The agent answers ${verb} with ${reply.statusCode ?? 0}: ${text.slice(0, 500)}`),
              )
            else resolve(JSON.parse(text))
          })
        },
      )
      asking.on('timeout', () => asking.destroy(new Error(`The agent does not answer ${verb} within 30 s`)))
      asking.on('error', reject)
      asking.end(JSON.stringify(body))
    })
  return {
    hello: async () => agentVerbs.hello.reply.parse(await call('hello', {})),
    observe: async () => agentVerbs.observe.reply.parse(await call('observe', {})),
    stop: async (epoch: number, instance: string) =>
      agentVerbs.stop.reply.parse(await call('stop', { epoch, instance })),
    audit: async () => agentVerbs.audit.reply.parse(await call('audit', {})),
  }
}
