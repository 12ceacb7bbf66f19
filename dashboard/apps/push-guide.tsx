import { Link } from 'react-router'
import type { App } from '../../server/contract/apps.ts'
import { Commands } from '../design/copy.tsx'
import { strings } from '../strings.ts'

const words = strings.push

/** What to type so that this app gets its first release, filled in. */
export function PushGuide({ app }: { readonly app: Pick<App, 'git_url' | 'deploy_branch'> }) {
  return (
    <>
      <Commands
        lines={[
          words.isRepository,
          `git init -b ${app.deploy_branch}`,
          'git add -A',
          'git commit -m "First version"',
          words.addRemote,
          `git remote add skypanel ${app.git_url}`,
          `git push skypanel ${app.deploy_branch}`,
        ]}
      />
      <p className="faint">
        {words.auth} <Link to="/account#tokens">{words.makeToken}</Link>
      </p>
    </>
  )
}
