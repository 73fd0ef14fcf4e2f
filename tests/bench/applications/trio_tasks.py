"""trio: tasks that exchange items by channels, and work in threads."""

import json

import trio


def work(number: int) -> int:
    return len(json.dumps([number] * 300))


async def produce(send: trio.MemorySendChannel[int]) -> None:
    async with send:
        for number in range(9000):
            await send.send(number)


async def main() -> None:
    sizes: list[int] = []

    async def consume(receive: trio.MemoryReceiveChannel[int]) -> None:
        async with receive:
            async for number in receive:
                sizes.append(await trio.to_thread.run_sync(work, number))

    send, receive = trio.open_memory_channel[int](10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(produce, send)
        for _ in range(4):
            nursery.start_soon(consume, receive.clone())
        receive.close()
    print(len(sizes))


trio.run(main)
