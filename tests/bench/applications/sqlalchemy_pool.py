"""SQLAlchemy: eight threads and a pool of four connections to SQLite."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import create_engine, text

with tempfile.TemporaryDirectory() as folder:
    engine = create_engine(f"sqlite:///{os.path.join(folder, 'a.db')}", pool_size=4, max_overflow=0)
    with engine.begin() as connection:
        connection.execute(text("create table account (id integer primary key, amount integer)"))
        connection.execute(text("insert into account values (:id, 100)"), [{"id": number} for number in range(500)])

    def work(number: int) -> int:
        with engine.connect() as connection:
            return len(connection.execute(text("select * from account where id < :n"), {"n": number % 50}).fetchall())

    with ThreadPoolExecutor(8) as pool:
        print(sum(pool.map(work, range(10000))))
    engine.dispose()
