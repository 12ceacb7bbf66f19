import os
import subprocess
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = open("version.txt").read().strip()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        greeting = subprocess.run(["greet"], capture_output=True, text=True).stdout.strip()
        texts = {
            "/": f"{greeting} {os.environ['GREETING']} as {os.getuid()}, {os.environ.get('COLOUR', 'no colour')}",
            "/version": VERSION,
        }
        text = texts.get(self.path)
        self.send_response(404 if text is None else 200)
        self.end_headers()
        self.wfile.write((text or "nothing here").encode())


ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
