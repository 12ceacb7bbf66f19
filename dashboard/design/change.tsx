import { strings } from '../strings.ts'
import './change.css'

type Sign = '+' | '−' | '~'
const SIGNS: Readonly<Record<Sign, string>> = {
  '+': strings.config.added,
  '−': strings.config.removed,
  '~': strings.config.edited,
}

/** A sign in front, so that nothing hangs on the colour. */
export const Change = ({ sign, text }: { readonly sign: Sign; readonly text: string }) => (
  <p className={`change change-${sign === '+' ? 'added' : sign === '−' ? 'removed' : 'edited'}`}>
    <span aria-hidden="true">{sign}</span>
    <span className="unseen">{SIGNS[sign]}:</span>
    <span className="mono break">{text}</span>
  </p>
)
