import { Skeleton } from '../design/blocks.tsx'
import { Mark } from '../design/icon.tsx'
import { strings } from '../strings.ts'
import './shell.css'

/** The frame, before it is known who looks at it. */
export const Waiting = () => (
  <div className="shell">
    <div className="side">
      <span className="brand">
        <Mark /> {strings.product}
      </span>
    </div>
    <main className="main">
      <div className="page">
        <Skeleton rows={5} />
      </div>
    </main>
  </div>
)
