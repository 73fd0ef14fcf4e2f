"""tornado: handlers that use a thread pool, asked by four clients on loopback."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import tornado.httpserver
import tornado.netutil
import tornado.web

pool = ThreadPoolExecutor(4)


class Page(tornado.web.RequestHandler):
    async def get(self) -> None:
        self.write(await asyncio.get_running_loop().run_in_executor(pool, json.dumps, [7] * 300))


def ask(port: int, answers: list[int]) -> None:
    connection = HTTPConnection("127.0.0.1", port)
    for _ in range(1000):
        connection.request("GET", "/")
        answers.append(len(connection.getresponse().read()))


async def main() -> None:
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server = tornado.httpserver.HTTPServer(tornado.web.Application([("/", Page)], log_function=lambda _: None))
    server.add_sockets(sockets)
    answers: list[int] = []
    port = sockets[0].getsockname()[1]
    clients = [threading.Thread(target=ask, args=(port, answers)) for _ in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        await asyncio.to_thread(client.join)
    server.stop()
    print(len(answers))


asyncio.run(main())
