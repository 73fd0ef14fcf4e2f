"""uvloop: an echo server and forty clients on one loop, with work in threads."""

import asyncio

import uvloop


def work(line: bytes) -> bytes:
    return b" ".join([line.strip()] * 50) + b"\n"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(await asyncio.to_thread(work, line))
    writer.close()


async def ask(port: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    got = 0
    for _ in range(500):
        writer.write(b"hello\n")
        got += len(await reader.readline())
    writer.close()
    return got


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(sum(await asyncio.gather(*(ask(port) for _ in range(40)))))
    server.close()


uvloop.run(main())
