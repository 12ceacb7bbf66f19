import { createServer, type Server } from 'node:http'
import {
  HostTable,
  InstanceTable,
  NetworkTable,
  ResolveRequest,
  Withdrawal,
} from '../../server/contract/directory.ts'
import type { Directory } from './directory.ts'
import { answering, HttpError, readJson, sendJson } from './http-json.ts'

/**
 * The unix socket's HTTP: `PUT /hosts` (409 for a document of an older server), `PUT /instances`, `PUT /network`,
 * `POST /withdraw`, `POST /resolve`, `GET /state`, and `GET /watch`: the complete set of fed instances as a JSON line, at first and after each change.
 */
export function feedServer(
  directory: Directory,
  complain: (message: string) => void,
  resolveHosts: (hosts: readonly string[]) => Promise<Record<string, string[]>> = async () => ({}),
): Server {
  return createServer(
    answering(async (request, response, url) => {
      switch (`${request.method} ${url.pathname}`) {
        case 'PUT /hosts': {
          const result = await directory.putHosts(await readJson(request, HostTable))
          if (!result.ok) {
            throw new HttpError(
              409,
              'stale_epoch',
              `a server with epoch ${result.newest} has taken over; this one must not write`,
            )
          }
          return sendJson(response, 200, {})
        }
        case 'PUT /instances':
          await directory.putInstances(await readJson(request, InstanceTable))
          return sendJson(response, 200, {})
        case 'PUT /network':
          await directory.putNetwork(await readJson(request, NetworkTable))
          return sendJson(response, 200, {})
        case 'POST /resolve': {
          const { hosts } = await readJson(request, ResolveRequest)
          return sendJson(response, 200, { hosts: await resolveHosts(hosts) })
        }
        case 'POST /withdraw': {
          const { node, instance } = await readJson(request, Withdrawal)
          await directory.withdraw(node, instance)
          return sendJson(response, 200, {})
        }
        case 'GET /state':
          return sendJson(response, 200, directory.state())
        case 'GET /watch': {
          response.writeHead(200, { 'content-type': 'application/x-ndjson' })
          const tell = (instances: unknown) => response.write(`${JSON.stringify(instances)}\n`)
          tell(directory.fed())
          const stop = directory.onFed(tell)
          response.on('close', stop)
          return
        }
        default:
          throw new HttpError(404, 'not_found', `the directory has no ${request.method} ${url.pathname}`)
      }
    }, complain),
  )
}
