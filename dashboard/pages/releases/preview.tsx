import type { ReactNode } from 'react'
import type { RollbackPreview } from '../../../server/contract/releases.ts'
import { Change } from '../../design/change.tsx'
import { strings } from '../../strings.ts'

const words = strings.releases

/** What a rollback changes, in the order that matters: code, config, process types, quantities. */
export function Preview({ preview }: { readonly preview: RollbackPreview }) {
  const { commit, config_vars: vars, process_types: types, formation } = preview
  return (
    <dl className="preview">
      <Part name={words.code} same={words.sameCode}>
        {commit.from !== commit.to && (
          <p className="mono">
            {commit.from.slice(0, 8)} → <strong>{commit.to.slice(0, 8)}</strong>
          </p>
        )}
      </Part>
      <Part name={words.config} same={words.sameConfig}>
        {[
          ...vars.added.map((name) => <Change key={name} sign="+" text={name} />),
          ...vars.removed.map((name) => <Change key={name} sign="−" text={name} />),
          ...vars.changed.map((name) => <Change key={name} sign="~" text={name} />),
        ]}
      </Part>
      <Part name={words.types} same={words.sameTypes}>
        {[
          ...Object.entries(types.added).map(([type, to]) => (
            <Change key={type} sign="+" text={`${type}: ${to}`} />
          )),
          ...Object.entries(types.removed).map(([type, was]) => (
            <Change key={type} sign="−" text={`${type}: ${was}`} />
          )),
          ...Object.entries(types.changed).map(([type, { from, to }]) => (
            <Change key={type} sign="~" text={`${type}: ${from} → ${to}`} />
          )),
        ]}
      </Part>
      {formation.length > 0 && (
        <Part name={words.quantities} same="">
          {formation.map(({ type, from, to }) => (
            <Change key={type} sign="~" text={`${type}: ${from} → ${to}`} />
          ))}
        </Part>
      )}
    </dl>
  )
}

interface PartProps {
  readonly name: string
  readonly same: string
  readonly children: ReactNode
}

function Part({ name, same, children }: PartProps) {
  const nothing = children === false || (Array.isArray(children) && children.length === 0)
  return (
    <div>
      <dt>{name}</dt>
      <dd className={nothing ? 'faint' : undefined}>{nothing ? same : children}</dd>
    </div>
  )
}
