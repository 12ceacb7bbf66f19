const http = require('node:http')

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Hello from SkyPanel</title>
<style>
  :root { color-scheme: light dark }
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 20vh auto; padding: 0 1rem }
  code { background: color-mix(in srgb, currentColor 12%, transparent); padding: .1em .35em; border-radius: .3em }
</style>
<h1>Hello from SkyPanel</h1>
<p>This page came by <code>git push</code>: built with Nix, running in a container of its own, routed by Caddy.</p>
<p>Yours is next: <code>skypanel create my-app</code>, then <code>git push skypanel main</code>.</p>
</html>
`

const server = http.createServer((request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.end(page)
})
server.listen(process.env.PORT || 3000, () => console.log(`listening on ${server.address().port}`))
process.on('SIGTERM', () => server.close())
