require('node:http').createServer((_request, response) => response.end('up\n')).listen(process.env.PORT)
