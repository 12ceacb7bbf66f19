import type { ConfigVars } from '../../../server/contract/config-vars.ts'
import { IconButton } from '../../design/button.tsx'
import { CopyButton } from '../../design/copy.tsx'
import { Cell, Row, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { strings } from '../../strings.ts'
import type { Asked } from './config.tsx'

const words = strings.config

interface VarTableProps {
  readonly names: readonly { readonly name: string; readonly updated_at: string }[]
  readonly values: ConfigVars | undefined
  readonly shown: ReadonlySet<string>
  readonly onShow: (name: string) => void
  readonly onAsk: (asked: Asked) => void
}

export function VarTable({ names, values, shown, onShow, onAsk }: VarTableProps) {
  return (
    <Table
      label={strings.nav.config}
      heads={[
        { text: words.name },
        { text: words.value },
        { text: words.changed },
        { text: strings.common.actions, hidden: true },
      ]}
    >
      {names.map(({ name, updated_at }) => {
        const value =
          shown.has(name) && values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined
        return (
          <Row key={name}>
            <Cell>
              <span className="mono break var-name">{name}</span>
            </Cell>
            <Cell kind="lead">
              <div className="var-value">
                {value === undefined ? (
                  <span className="faint var-hidden">
                    <span aria-hidden="true">••••••••••</span>
                    <span className="unseen">{words.hidden}</span>
                  </span>
                ) : (
                  <>
                    <code className="break">{value}</code>
                    <CopyButton text={value} what={words.copyOf(name)} />
                  </>
                )}
              </div>
            </Cell>
            <Cell kind="fit">
              <span className="soft">
                <Time at={updated_at} />
              </span>
            </Cell>
            <Cell kind="end">
              <div className="row">
                <IconButton
                  icon={shown.has(name) ? 'eye-off' : 'eye'}
                  label={shown.has(name) ? words.hide(name) : words.show(name)}
                  small
                  onClick={() => onShow(name)}
                />
                <IconButton
                  icon="edit"
                  label={words.editOf(name)}
                  small
                  onClick={() => onAsk({ what: 'edit', name })}
                />
                <IconButton
                  icon="trash"
                  label={words.removeOf(name)}
                  small
                  onClick={() => onAsk({ what: 'remove', name })}
                />
              </div>
            </Cell>
          </Row>
        )
      })}
    </Table>
  )
}
