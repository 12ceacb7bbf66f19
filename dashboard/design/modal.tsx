import { Dialog } from '@base-ui/react/dialog'
import type { ReactNode } from 'react'
import { strings } from '../strings.ts'
import { IconButton } from './button.tsx'
import './modal.css'

interface ModalProps {
  readonly open: boolean
  readonly onClose: () => void
  readonly title: string
  readonly description?: ReactNode
  readonly children: ReactNode
  readonly wide?: boolean
  /** Work goes on that closing would hide: clicks beside it and Escape do nothing. */
  readonly held?: boolean
}

/** Keeps the focus inside, gives it back when it closes, closes by Escape and by a click beside it. */
export function Modal({
  open,
  onClose,
  title,
  description,
  children,
  wide = false,
  held = false,
}: ModalProps) {
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && !held && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className={wide ? 'modal modal-wide' : 'modal'}>
          <header className="modal-head">
            <Dialog.Title>{title}</Dialog.Title>
            {!held && (
              <Dialog.Close render={<IconButton icon="cross" label={strings.common.close} small />} />
            )}
          </header>
          {description !== undefined && (
            <Dialog.Description className="modal-about" render={<div />}>
              {description}
            </Dialog.Description>
          )}
          <div className="modal-body">{children}</div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** The buttons at the end of a dialog; what is done stands last. */
export const ModalActions = ({ children }: { readonly children: ReactNode }) => (
  <footer className="modal-actions">{children}</footer>
)
