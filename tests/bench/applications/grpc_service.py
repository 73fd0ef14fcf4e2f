"""grpcio: a server with four workers and four threads of clients, on loopback."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc


def echo(request: bytes, _context: object) -> bytes:
    return request[::-1]


class Handler(grpc.GenericRpcHandler):
    def service(self, _details: object) -> object:
        return grpc.unary_unary_rpc_method_handler(echo)


server = grpc.server(ThreadPoolExecutor(4))
server.add_generic_rpc_handlers((Handler(),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
answers: list[bytes] = []


def ask() -> None:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary("/a.B/Echo")
        for number in range(1200):
            answers.append(call(b"x" * 200 + str(number).encode(), timeout=60))


threads = [threading.Thread(target=ask) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
server.stop(None).wait()
print(len(answers))
