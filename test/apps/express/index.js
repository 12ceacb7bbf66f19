const http = require('node:http')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const express = require('express')
const { WebSocketServer } = require('ws')

const version = readFileSync(join(__dirname, 'version.txt'), 'utf8').trim()
const app = express()

app.get('/', (_request, response) => response.send(`hello from express ${version}\n`))
app.get('/version', (_request, response) => response.type('text').send(version))
app.get('/config/:name', (request, response) => response.type('text').send(process.env[request.params.name] ?? ''))
app.get('/instance', (_request, response) => response.json({ dyno: process.env.DYNO, pid: process.pid }))
app.post('/echo', express.raw({ type: () => true, limit: '10mb' }), (request, response) => {
  response.type(request.get('content-type') ?? 'application/octet-stream').send(request.body)
})
app.get('/slow/:ms', (request, response) => {
  setTimeout(() => response.type('text').send(version), Number(request.params.ms))
})
app.get('/say/:word', (request, response) => {
  console.log(`somebody said ${request.params.word}`)
  response.send('said\n')
})

const server = http.createServer(app)
const sockets = new WebSocketServer({ server, path: '/socket' })
sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`${version}: ${data}`)))

server.listen(process.env.PORT, () => console.log(`listening on ${process.env.PORT}`))

// Requests that have begun are answered; then the process ends by itself.
process.on('SIGTERM', () => {
  console.log('SIGTERM: closing')
  server.close()
  for (const socket of sockets.clients) socket.close(1001)
  server.closeIdleConnections()
})
