/** What a browser sees at the root as long as there is no dashboard. */
export function rootPage(version: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>SkyPanel</title><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"></head>
<body><h1>SkyPanel ${version}</h1>
<p>The platform is up. It is driven from the command line:</p>
<pre>skypanel login
skypanel create
git push skypanel main</pre>
<p>The API is described by <a href="/api/openapi.json">/api/openapi.json</a>.</p></body></html>
`
}
