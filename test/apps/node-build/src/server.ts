import { createServer } from 'node:http'

const version: string = 'one'

createServer((_request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end(version)
}).listen(Number(process.env.PORT))
