require('node:http')
  .createServer((_request, response) => response.end(`${process.env.DYNO ?? 'web'}\n`))
  .listen(process.env.PORT)
