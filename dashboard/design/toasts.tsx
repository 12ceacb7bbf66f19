import { Toast } from '@base-ui/react/toast'
import { messageOf, requestIdOf } from '../api/failure.ts'
import { strings } from '../strings.ts'
import { IconButton } from './button.tsx'
import { Icon } from './icon.tsx'
import './toasts.css'

const manager = Toast.createToastManager()

/** Something that somebody asked for is done. */
export function tellDone(title: string, description?: string): void {
  manager.add({ title, ...(description === undefined ? {} : { description }), type: 'done', timeout: 5000 })
}

/** Stays until it is closed: what failed has to be read, and its request named when help is asked for. */
export function tellFailure(title: string, error: unknown): void {
  const request = requestIdOf(error)
  const description =
    request === null ? messageOf(error) : `${messageOf(error)} ${strings.errors.request(request)}`
  manager.add({ title, description, type: 'failed', timeout: 0, priority: 'high' })
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className="toasts" aria-label={strings.common.notices}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List() {
  const { toasts } = Toast.useToastManager()
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={`toast toast-${toast.type ?? 'done'}`}>
      <Toast.Content className="toast-content">
        <Icon name={toast.type === 'failed' ? 'alert' : 'check'} />
        <div className="toast-text">
          <Toast.Title className="toast-title" render={<p />} />
          <Toast.Description className="toast-about break" />
        </div>
        <Toast.Close render={<IconButton icon="cross" label={strings.common.dismiss} small />} />
      </Toast.Content>
    </Toast.Root>
  ))
}
