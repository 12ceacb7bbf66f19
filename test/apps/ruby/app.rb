require 'socket'

server = TCPServer.new('0.0.0.0', ENV.fetch('PORT'))
loop do
  Thread.new(server.accept) do |client|
    client.readpartial(2048)
    body = "ruby #{RUBY_VERSION}, jq says #{`jq -n 6*7`}"
    client.write "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}"
  rescue EOFError
    # Somebody only looked whether the port is open.
  ensure
    client.close
  end
end
