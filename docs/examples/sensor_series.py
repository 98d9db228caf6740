#!/usr/bin/env python3
"""Measurements of a sensor: every write is a version of one key. Over REST, with Python's standard library alone."""
import base64
import json
import os
import urllib.request

URL = os.environ.get("XIR_NEURON_URL", "http://127.0.0.1:4006")
LOGIN = f"{os.environ.get('XIR_ACCOUNT', '$sys')}:{os.environ.get('XIR_SECRET', 'secret')}"


def call(method, path, body=None):
    request = urllib.request.Request(URL + path, method=method, data=None if body is None else json.dumps(body).encode())
    request.add_header("Authorization", "Basic " + base64.b64encode(LOGIN.encode()).decode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request) as response:
        answer = json.load(response)
    if answer["s"] != "ok":
        raise RuntimeError(answer["v"])
    return answer["v"]


for celsius in (20, 22, 27):
    call("PUT", "/_data/examples/kitchen?_ver_=_splat_", {"k": "celsius", "v": celsius})  # whatever version is there
total = call("GET", "/_data/examples/kitchen?k=celsius&aggregate=1")["total"]
print("measurements", total["count"], "average", total["avg"], "highest", total["max"])
print("now", call("GET", "/_data/examples/kitchen?k=celsius"))
