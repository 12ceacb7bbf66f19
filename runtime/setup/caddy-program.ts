import { access, constants } from 'node:fs/promises'

const PLACES = ['/usr/local/bin/caddy', '/usr/bin/caddy']

/** A Caddy that the operator put into /usr/local wins over the distribution's. */
export async function caddyProgram(): Promise<string> {
  for (const place of PLACES)
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return place
  throw new Error('Caddy is not installed. Type: apt-get install caddy')
}
