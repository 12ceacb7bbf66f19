import type { ReactNode } from 'react'
import './table.css'

interface TableProps {
  /** Read out; what the table lists. */
  readonly label: string
  readonly heads: readonly { readonly text: string; readonly hidden?: boolean; readonly className?: string }[]
  readonly children: ReactNode
}

// Roles are named although the elements have them: where a phone's style sheet makes blocks of rows, browsers drop them.
export function Table({ label, heads, children }: TableProps) {
  return (
    <div className="panel">
      <table className="table" role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {heads.map(({ text, hidden = false, className }) => (
              <th key={text} role="columnheader" scope="col" className={className}>
                {hidden ? <span className="unseen">{text}</span> : text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">{children}</tbody>
      </table>
    </div>
  )
}

export const Row = ({ children }: { readonly children: ReactNode }) => <tr role="row">{children}</tr>

interface CellProps {
  readonly kind?: 'lead' | 'fit' | 'end'
  readonly children?: ReactNode
}

export const Cell = ({ kind, children }: CellProps) => (
  <td role="cell" className={kind === 'end' ? 'fit end' : kind}>
    {children}
  </td>
)
