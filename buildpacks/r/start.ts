import type { FileView } from '../file-view.ts'

export interface RStart {
  readonly command: string
  readonly from: string
  readonly framework: 'shiny' | 'plumber' | 'script'
}

const PORT = `host = "0.0.0.0", port = as.integer(Sys.getenv("PORT"))`

/** Shiny and Plumber are told the port; other scripts read it themselves. */
export function rStart(view: FileView): RStart | null {
  const text = (path: string) => {
    const file = view.read(path)
    return file.ok ? file.text : ''
  }
  for (const path of ['entrypoint.R', 'run.R', 'main.R', 'server.R', 'app.R', 'app.r']) {
    const code = text(path)
    if (code === '') continue
    // A whole program of its own: it starts its server by itself.
    if (
      /\bSys\.getenv\(\s*["']PORT["']/.test(code) &&
      /\b(?:runApp|pr_run|run|runServer|startServer|ignite)\s*\(|\$run\(|\blisten\(/.test(code)
    )
      return { command: `Rscript ${path}`, from: path, framework: 'script' }
  }
  for (const path of ['plumber.R', 'R/plumber.R', 'api.R'])
    if (view.exists(path))
      return {
        command: `Rscript -e 'plumber::pr_run(plumber::pr("${path}"), ${PORT}, quiet = TRUE)'`,
        from: path,
        framework: 'plumber',
      }
  const app = ['app.R', 'app.r'].find((path) => /\bshinyApp\s*\(|\bshiny\b/.test(text(path)))
  const shiny = app ?? (view.exists('server.R') && view.exists('ui.R') ? 'server.R' : null)
  if (shiny !== null)
    return { command: `Rscript -e 'shiny::runApp(".", ${PORT})'`, from: shiny, framework: 'shiny' }
  const script = ['app.R', 'app.r', 'server.R', 'main.R', 'run.R', 'entrypoint.R'].find((path) =>
    view.exists(path),
  )
  return script === undefined ? null : { command: `Rscript ${script}`, from: script, framework: 'script' }
}
