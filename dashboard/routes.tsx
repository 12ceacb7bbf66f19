import { Navigate, Route, Routes as Table } from 'react-router'
import { Gate } from './layout/gate.tsx'
import { NotFound } from './layout/not-found.tsx'
import { page } from './layout/page.tsx'
import { Shell } from './layout/shell.tsx'

// A page is loaded when it is first gone to; the frame around it is there at once.
const SignIn = page(async () => (await import('./pages/sign-in/sign-in.tsx')).SignIn)
const Welcome = page(async () => (await import('./pages/welcome/welcome.tsx')).Welcome)
const Apps = page(async () => (await import('./pages/apps/apps.tsx')).Apps)
const AppFrame = page(async () => (await import('./pages/app/app-frame.tsx')).AppFrame)
const Overview = page(async () => (await import('./pages/overview/overview.tsx')).Overview)
const Activity = page(async () => (await import('./pages/activity/activity.tsx')).Activity)
const BuildPage = page(async () => (await import('./pages/build/build-page.tsx')).BuildPage)
const Releases = page(async () => (await import('./pages/releases/releases.tsx')).Releases)
const Config = page(async () => (await import('./pages/config/config.tsx')).Config)
const Logs = page(async () => (await import('./pages/logs/logs.tsx')).Logs)
const Settings = page(async () => (await import('./pages/settings/settings.tsx')).Settings)
const Account = page(async () => (await import('./pages/account/account.tsx')).AccountPage)

export function Routes() {
  return (
    <Table>
      <Route path="/sign-in" element={<SignIn />} />
      <Route path="/welcome" element={<Welcome />} />
      <Route element={<Gate />}>
        <Route element={<Shell />}>
          <Route index element={<Apps />} />
          <Route path="apps" element={<Navigate to="/" replace />} />
          <Route path="apps/:app" element={<AppFrame />}>
            <Route index element={<Overview />} />
            <Route path="activity" element={<Activity />} />
            <Route path="activity/:build" element={<BuildPage />} />
            <Route path="releases" element={<Releases />} />
            <Route path="config" element={<Config />} />
            <Route path="logs" element={<Logs />} />
            <Route path="settings" element={<Settings />} />
            <Route path="*" element={<NotFound />} />
          </Route>
          <Route path="account" element={<Account />} />
          <Route path="*" element={<NotFound />} />
        </Route>
      </Route>
    </Table>
  )
}
