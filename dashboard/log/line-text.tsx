import { memo } from 'react'
import { parseAnsi, type Span, type Style } from './ansi.ts'
import './line-text.css'

/** One line with its colours. Only elements and text: whatever a line holds, it is never read as a page. */
export const LineText = memo(function LineText({ text }: { readonly text: string }) {
  const spans = parseAnsi(text)
  if (spans.every(({ style }) => Object.keys(style).length === 0))
    return spans.map((span) => span.text).join('')
  // Pieces have no other name than their place, and never change it.
  // oxlint-disable-next-line no-array-index-key
  return spans.map((span, at) => <Piece key={at} span={span} />)
})

function Piece({ span: { text, style } }: { readonly span: Span }) {
  const { fg, bg } =
    style.inverse === true ? { fg: style.bg ?? 'var(--bg-sunken)', bg: style.fg ?? 'var(--text)' } : style
  return (
    <span
      className={classOf(style)}
      style={{
        ...(fg === undefined ? {} : { color: colour(fg) }),
        ...(bg === undefined ? {} : { backgroundColor: colour(bg) }),
      }}
    >
      {text}
    </span>
  )
}

const colour = (value: number | string) => (typeof value === 'number' ? `var(--ansi-${value})` : value)

const classOf = ({ bold, dim, italic, underline, strike }: Style): string =>
  [
    bold === true && 'ansi-bold',
    dim === true && 'ansi-dim',
    italic === true && 'ansi-italic',
    underline === true && 'ansi-underline',
    strike === true && 'ansi-strike',
  ]
    .filter((name) => name !== false)
    .join(' ')
