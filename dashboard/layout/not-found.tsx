import { EmptyState } from '../design/blocks.tsx'
import { LinkButton } from '../design/button.tsx'
import { strings } from '../strings.ts'

export const NotFound = () => (
  <div className="page">
    <title>{`${strings.errors.notFoundTitle} · ${strings.product}`}</title>
    <EmptyState icon="search" title={strings.errors.notFoundTitle}>
      <p>{strings.errors.notFoundAbout}</p>
      <LinkButton to="/">{strings.errors.toApps}</LinkButton>
    </EmptyState>
  </div>
)
