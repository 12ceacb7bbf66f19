require 'socket'

server = TCPServer.new('0.0.0.0', ENV.fetch('PORT'))
loop do
  client = server.accept
  client.readpartial(2048)
  body = "ruby #{RUBY_VERSION}, jq says #{`jq -n 6*7`}"
  client.write "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}"
  client.close
end
