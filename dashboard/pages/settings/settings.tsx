import { useApp } from '../app/app-frame.tsx'
import { DeleteApp } from './delete-app.tsx'
import { Deploys } from './deploys.tsx'
import { Domains } from './domains.tsx'
import { Maintenance } from './maintenance.tsx'
import './settings.css'

export function Settings() {
  const app = useApp()
  return (
    <div className="page settings">
      <Deploys key={app.id} app={app} />
      <Maintenance app={app} />
      <Domains app={app} />
      <DeleteApp app={app} />
    </div>
  )
}
