"""psycopg: eight threads and a pool of four connections to the PostgreSQL server that $LOCKDEP_BENCH_POSTGRES names."""

import os
from concurrent.futures import ThreadPoolExecutor

from psycopg_pool import ConnectionPool

with ConnectionPool(os.environ["LOCKDEP_BENCH_POSTGRES"], min_size=4, max_size=4) as pool:

    def work(number: int) -> int:
        with pool.connection() as connection:
            return len(connection.execute("select generate_series(1, %s)", [number % 50 + 1]).fetchall())

    with ThreadPoolExecutor(8) as threads:
        print(sum(threads.map(work, range(3000))))
