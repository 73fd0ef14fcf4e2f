"""anyio on asyncio: tasks that call functions in threads, which call back into the loop."""

import json

import anyio
from anyio import from_thread, to_thread


async def answer(number: int) -> int:
    return number + 1


def work(number: int) -> int:
    return from_thread.run(answer, len(json.dumps([number] * 300)))


async def main() -> None:
    sizes: list[int] = []

    async def worker(first: int) -> None:
        for number in range(first, first + 1000):
            sizes.append(await to_thread.run_sync(work, number))

    async with anyio.create_task_group() as group:
        for first in range(0, 6000, 1000):
            group.start_soon(worker, first)
    print(len(sizes))


anyio.run(main)
