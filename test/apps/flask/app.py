import os
from pathlib import Path

from flask import Flask, Response, request

app = Flask(__name__)
VERSION = (Path(__file__).parent / "version.txt").read_text().strip()


@app.get("/")
def index():
    return f"hello from flask {VERSION}\n"


@app.get("/version")
def version():
    return Response(VERSION, mimetype="text/plain")


@app.get("/config/<name>")
def config(name):
    return Response(os.environ.get(name, ""), mimetype="text/plain")


@app.post("/echo")
def echo():
    return Response(request.get_data(), mimetype=request.mimetype)
