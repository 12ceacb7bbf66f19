import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'
import './menu.css'

interface MenuProps {
  readonly trigger: ReactElement
  readonly defaultOpen?: boolean
  readonly children: ReactNode
}

export function Menu({ trigger, defaultOpen = false, children }: MenuProps) {
  return (
    <Base.Root modal={false} defaultOpen={defaultOpen}>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" className="menu-place">
          <Base.Popup className="menu">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

interface MenuItemProps {
  readonly icon?: IconName
  readonly children: ReactNode
  readonly onSelect: () => void
}

export const MenuItem = ({ icon, children, onSelect }: MenuItemProps) => (
  <Base.Item className="menu-item" onClick={onSelect}>
    {icon !== undefined && <Icon name={icon} />}
    <span>{children}</span>
  </Base.Item>
)

interface MenuChoiceProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly options: readonly { readonly value: T; readonly text: string; readonly icon: IconName }[]
  readonly onChange: (value: T) => void
}

export const MenuChoice = <T extends string>({ label, value, options, onChange }: MenuChoiceProps<T>) => (
  <Base.RadioGroup value={value} onValueChange={(next: T) => onChange(next)} aria-label={label}>
    {options.map((option) => (
      <Base.RadioItem key={option.value} value={option.value} className="menu-item" closeOnClick={false}>
        <Icon name={option.icon} />
        <span>{option.text}</span>
        <Base.RadioItemIndicator className="menu-check">
          <Icon name="check" />
        </Base.RadioItemIndicator>
      </Base.RadioItem>
    ))}
  </Base.RadioGroup>
)

export const MenuLine = () => <Base.Separator className="menu-line" />
export const MenuNote = ({ children }: { readonly children: ReactNode }) => (
  <div className="menu-note">{children}</div>
)
