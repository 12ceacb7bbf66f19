import { Component, type ReactNode } from 'react'
import { EmptyState, Failed } from '../design/blocks.tsx'
import { strings } from '../strings.ts'

interface Props {
  readonly children: ReactNode
}

/** A page that breaks takes nothing else with it. Going to another page begins anew (see the key in shell.tsx). */
export class PageBoundary extends Component<Props, { readonly error: unknown; readonly broken: boolean }> {
  override state = { error: null, broken: false }

  static getDerivedStateFromError(error: unknown) {
    return { error, broken: true }
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children
    return (
      <div className="page">
        <EmptyState icon="alert" title={strings.errors.pageTitle}>
          <p>{strings.errors.pageAbout}</p>
          <Failed error={this.state.error} retry={() => location.reload()} />
        </EmptyState>
      </div>
    )
  }
}
