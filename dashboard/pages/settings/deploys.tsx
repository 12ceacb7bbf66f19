import { type FormEvent, useState } from 'react'
import type { App } from '../../../server/contract/apps.ts'
import { Section } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { strings } from '../../strings.ts'
import { useUpdateApp } from './use-update-app.ts'

const words = strings.settings

export function Deploys({ app }: { readonly app: App }) {
  const [branch, setBranch] = useState(app.deploy_branch)
  const [health, setHealth] = useState(app.health_check_path ?? '')
  const update = useUpdateApp(app, () => words.saved)
  const badBranch = !/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/.test(branch)
  const badHealth = health !== '' && !health.startsWith('/')
  const same = branch === app.deploy_branch && health === (app.health_check_path ?? '')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    update.mutate({ deploy_branch: branch, health_check_path: health === '' ? null : health })
  }
  return (
    <Section title={words.general}>
      <form className="panel form settings-form" onSubmit={submit}>
        <Field
          label={words.branch}
          hint={words.branchHint}
          problem={badBranch ? words.branchProblem : null}
          mono
          spellCheck={false}
          autoCapitalize="off"
          value={branch}
          onChange={(event) => setBranch(event.target.value)}
        />
        <Field
          label={words.health}
          hint={words.healthHint}
          problem={badHealth ? words.healthProblem : null}
          mono
          spellCheck={false}
          autoCapitalize="off"
          placeholder="/"
          maxLength={500}
          value={health}
          onChange={(event) => setHealth(event.target.value)}
        />
        <div className="row">
          <Button
            type="submit"
            kind="primary"
            busy={update.isPending}
            disabled={same || badBranch || badHealth}
          >
            {strings.common.save}
          </Button>
        </div>
      </form>
    </Section>
  )
}
