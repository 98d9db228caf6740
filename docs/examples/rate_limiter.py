#!/usr/bin/env python3
"""At most three requests a minute for each user, counted over all neurons: INCR and EXPIRE of any Redis client."""
import os
import time

import redis

LIMIT = 3
WINDOW_SECONDS = 60

neuron = redis.Redis(
    host=os.environ.get("XIR_TCP_HOST", "127.0.0.1"),
    port=int(os.environ.get("XIR_TCP_PORT", "4007")),
    username=os.environ.get("XIR_ACCOUNT", "$sys"),
    password=os.environ.get("XIR_SECRET", "secret"),
    decode_responses=True,
)


def allowed(user, window):
    name = f"/examples/requests/{user}/{window}"
    count = neuron.incr(name)
    if count == 1:
        neuron.expire(name, WINDOW_SECONDS)
    return count <= LIMIT


window = int(time.time()) // WINDOW_SECONDS
for number in range(1, 6):
    print(number, "allowed" if allowed("elena", window) else "refused")
