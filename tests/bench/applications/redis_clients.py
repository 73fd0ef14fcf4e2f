"""redis-py: eight threads share a pool of connections to a server that this program starts."""

import os
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import redis

with socket.socket() as found:
    found.bind(("127.0.0.1", 0))
    port = found.getsockname()[1]
with tempfile.TemporaryDirectory() as folder:
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", folder]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={"PATH": os.environ["PATH"]})
    client = redis.Redis(port=port, max_connections=8)
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)

    def work(number: int) -> int:
        pipe = client.pipeline()
        for each in range(5):
            pipe.set(f"k{number % 100}", each)
        pipe.incr("total")
        return len(pipe.execute())

    with ThreadPoolExecutor(8) as pool:
        print(sum(pool.map(work, range(8000))), int(client.get("total")))
    client.close()
    server.terminate()
    server.wait()
