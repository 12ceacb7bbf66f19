import { Switch } from '@base-ui/react/switch'
import { useId } from 'react'
import type { App } from '../../../server/contract/apps.ts'
import { strings } from '../../strings.ts'
import { useUpdateApp } from './use-update-app.ts'

const words = strings.settings

export function Maintenance({ app }: { readonly app: App }) {
  const id = useId()
  const update = useUpdateApp(app, ({ maintenance }) =>
    maintenance ? words.maintenanceOn : words.maintenanceOff,
  )
  return (
    <section className="panel settings-line">
      <div>
        <h2 id={id}>{words.maintenance}</h2>
        <p className="section-about">{words.maintenanceAbout}</p>
      </div>
      <Switch.Root
        className="switch"
        aria-labelledby={id}
        checked={update.isPending ? update.variables.maintenance === true : app.maintenance}
        onCheckedChange={(maintenance) => update.mutate({ maintenance })}
      >
        <Switch.Thumb className="switch-thumb" />
      </Switch.Root>
    </section>
  )
}
