import { useEffect, useState } from 'react'
import { strings } from '../strings.ts'
import { IconButton } from './button.tsx'
import { tellFailure } from './toasts.tsx'
import './copy.css'

/** Puts `text` on the clipboard; for a moment it says that it did. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [copied, setCopied] = useState(0)
  useEffect(() => {
    if (copied === 0) return
    const timer = setTimeout(() => setCopied(0), 2000)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <>
      <IconButton
        icon={copied === 0 ? 'copy' : 'check'}
        label={copied === 0 ? strings.common.copy(what) : strings.common.copied}
        small
        className={copied === 0 ? 'copy' : 'copy copy-done'}
        onClick={() => {
          copyText(text).then(
            () => setCopied((count) => count + 1),
            (error: unknown) => tellFailure(strings.common.notCopied, error),
          )
        }}
      />
      <span className="unseen" role="status">
        {copied === 0 ? '' : strings.common.copied}
      </span>
    </>
  )
}

/** Browsers lend the clipboard to https and localhost only; elsewhere a selection is copied as by hand. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) return await navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'unseen'
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (!done) throw new Error(strings.common.copyByHand)
}

/** Commands to type, one a line, with a button that copies them all. */
export function Commands({ lines }: { readonly lines: readonly string[] }) {
  return (
    <div className="commands">
      {/* Long commands scroll, and whoever has no mouse has to be able to. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0}>
        <code>
          {lines.map((line) => (
            <span key={line} className={line.startsWith('#') ? 'command command-note' : 'command'}>
              {line}
              {'\n'}
            </span>
          ))}
        </code>
      </pre>
      <CopyButton
        text={`${lines.filter((line) => !line.startsWith('#')).join('\n')}\n`}
        what={strings.common.commands}
      />
    </div>
  )
}
