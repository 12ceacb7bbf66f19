import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { configNamesQuery, configQuery } from '../../api/queries.ts'
import { EmptyState, Failed, Panel, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Commands } from '../../design/copy.tsx'
import { SearchField } from '../../design/search-field.tsx'
import { strings } from '../../strings.ts'
import { useApp } from '../app/app-frame.tsx'
import { EditAll } from './edit-all.tsx'
import { EditVar, RemoveVar } from './edit-var.tsx'
import { VarTable } from './var-table.tsx'
import './config.css'

const words = strings.config
export type Asked =
  | { readonly what: 'add' }
  | { readonly what: 'edit' | 'remove'; readonly name: string }
  | { readonly what: 'all' }

/** Names come without their values, which are fetched when somebody asks to see or to edit them. */
export function Config() {
  const { name: app } = useApp()
  const { data: names, error, refetch } = useQuery(configNamesQuery(app))
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set())
  const [asked, setAsked] = useState<Asked | null>(null)
  const [filter, setFilter] = useState('')
  const values = useQuery({ ...configQuery(app), enabled: shown.size > 0 })
  const found = (names ?? []).filter(({ name }) => name.toLowerCase().includes(filter.trim().toLowerCase()))
  const everythingShown = shown.size > 0 && found.every(({ name }) => shown.has(name))
  const close = () => setAsked(null)
  return (
    <div className="page">
      {names === undefined ? (
        error === null ? (
          <Panel>
            <Skeleton rows={4} />
          </Panel>
        ) : (
          <Failed error={error} retry={() => void refetch()} />
        )
      ) : names.length === 0 ? (
        <EmptyState icon="key" title={words.empty}>
          <p>{words.emptyAbout}</p>
          <Commands lines={[words.emptyCommand]} />
          <div className="row empty-row">
            <Button kind="primary" icon="plus" onClick={() => setAsked({ what: 'add' })}>
              {words.add}
            </Button>
            <Button icon="edit" onClick={() => setAsked({ what: 'all' })}>
              {words.bulk}
            </Button>
          </div>
        </EmptyState>
      ) : (
        <>
          <div className="row config-bar">
            <SearchField label={words.filter} value={filter} onChange={setFilter} />
            <div className="row push">
              <Button
                kind="quiet"
                icon={everythingShown ? 'eye-off' : 'eye'}
                onClick={() => setShown(everythingShown ? new Set() : new Set(found.map(({ name }) => name)))}
              >
                {everythingShown ? words.hideAll : words.showAll}
              </Button>
              <Button icon="edit" onClick={() => setAsked({ what: 'all' })}>
                {words.bulk}
              </Button>
              <Button kind="primary" icon="plus" onClick={() => setAsked({ what: 'add' })}>
                {words.add}
              </Button>
            </div>
          </div>
          {values.error !== null && <Failed error={values.error} retry={() => void values.refetch()} />}
          <VarTable
            names={found}
            values={values.data}
            shown={shown}
            onShow={(name) => setShown((before) => toggled(before, name))}
            onAsk={setAsked}
          />
        </>
      )}
      <EditVar app={app} asked={asked} names={(names ?? []).map(({ name }) => name)} onClose={close} />
      <RemoveVar app={app} asked={asked} onClose={close} />
      <EditAll app={app} open={asked?.what === 'all'} onClose={close} />
    </div>
  )
}

function toggled(before: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const after = new Set(before)
  if (!after.delete(name)) after.add(name)
  return after
}
