import { type ComponentProps, type ReactNode, useId } from 'react'
import './field.css'

interface FieldProps extends Omit<ComponentProps<'input'>, 'id'> {
  readonly label: string
  readonly hint?: ReactNode
  /** What is wrong with what was typed; null or undefined: nothing. */
  readonly problem?: string | null | undefined
  readonly labelHidden?: boolean
  readonly mono?: boolean
}

/** An input with its label, a hint and what is wrong with it, tied together for screen readers. */
export function Field({ label, hint, problem, labelHidden = false, mono = false, ...rest }: FieldProps) {
  const id = useId()
  const told = describedBy(id, hint, problem)
  return (
    <div className="field">
      <label htmlFor={id} className={labelHidden ? 'unseen' : 'field-label'}>
        {label}
      </label>
      <input
        autoComplete="off"
        {...rest}
        id={id}
        className={mono ? 'input mono' : 'input'}
        aria-invalid={isSaid(problem) || undefined}
        aria-describedby={told}
      />
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  )
}

interface TextAreaProps extends Omit<ComponentProps<'textarea'>, 'id'> {
  readonly label: string
  readonly labelHidden?: boolean
  readonly hint?: ReactNode
  readonly problem?: string | null | undefined
}

export function TextArea({ label, labelHidden = false, hint, problem, ...rest }: TextAreaProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id} className={labelHidden ? 'unseen' : 'field-label'}>
        {label}
      </label>
      <textarea
        spellCheck={false}
        autoComplete="off"
        autoCapitalize="off"
        {...rest}
        id={id}
        className="input input-text mono"
        aria-invalid={isSaid(problem) || undefined}
        aria-describedby={describedBy(id, hint, problem)}
      />
      <Notes id={id} hint={hint} problem={problem} />
    </div>
  )
}

interface ChooseProps extends Omit<ComponentProps<'select'>, 'id'> {
  readonly label: string
  readonly labelHidden?: boolean
  readonly options: readonly { readonly value: string; readonly text: string }[]
}

/** The browser's own list: it works with every keyboard, screen reader and thumb. */
export function Choose({ label, labelHidden = false, options, ...rest }: ChooseProps) {
  const id = useId()
  return (
    <div className="field">
      <label htmlFor={id} className={labelHidden ? 'unseen' : 'field-label'}>
        {label}
      </label>
      <select {...rest} id={id} className="input input-select">
        {options.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

const isSaid = (text: ReactNode): boolean => text !== undefined && text !== null && text !== ''

function describedBy(id: string, hint: ReactNode, problem: ReactNode): string | undefined {
  const ids = [isSaid(problem) ? `${id}-problem` : '', isSaid(hint) ? `${id}-hint` : ''].filter(Boolean)
  return ids.length === 0 ? undefined : ids.join(' ')
}

function Notes({ id, hint, problem }: { id: string; hint?: ReactNode; problem?: ReactNode }) {
  return (
    <>
      {isSaid(problem) && (
        <p id={`${id}-problem`} className="field-problem" role="alert">
          {problem}
        </p>
      )}
      {isSaid(hint) && (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
    </>
  )
}
