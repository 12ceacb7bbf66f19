import { createRoot } from 'react-dom/client'
import { version } from './version'

const root = document.getElementById('root')
if (root !== null) createRoot(root).render(<p>Version {version}</p>)
