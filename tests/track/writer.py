"""Another program: it knows nothing of the service and writes by plain SQL, in transactions that overlap with others'.
``python tests/track/writer.py URL NUMBER TRANSACTIONS LONGEST_PAUSE SECONDS``"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit


def connected(url: str) -> Any:
    """(Any: drivers share no type.)"""
    parts = urlsplit(url)
    name, product = parts.path.removeprefix("/"), parts.scheme.partition("+")[0]
    if product == "sqlite":
        return sqlite3.connect(name, timeout=60, isolation_level=None)
    if product == "postgresql":
        import psycopg

        return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    import pymysql

    socket = parse_qs(parts.query)["unix_socket"][0]
    return pymysql.connect(unix_socket=socket, user=parts.username, database=name, autocommit=True)


def write(url: str, number: int, transactions: int, longest_pause: float, seconds: float) -> None:
    """Add items, change and delete those that it has added."""
    chance, mine, ends = random.Random(number), [], time.monotonic() + seconds
    connection = connected(url)
    begin = "BEGIN IMMEDIATE" if isinstance(connection, sqlite3.Connection) else "BEGIN"
    cursor = connection.cursor()
    for transaction in range(transactions):
        if time.monotonic() > ends:
            break
        added = number * 1_000_000 + transaction
        cursor.execute(begin)
        cursor.execute(f"INSERT INTO Item (Id, Revision) VALUES ({added}, 1)")
        if mine and chance.random() < 0.5:
            cursor.execute(f"UPDATE Item SET Revision = Revision + 1 WHERE Id = {chance.choice(mine)}")
        if mine and chance.random() < 0.2:
            cursor.execute(f"DELETE FROM Item WHERE Id = {mine.pop(chance.randrange(len(mine)))}")
        time.sleep(chance.uniform(0, longest_pause))
        cursor.execute("COMMIT")
        mine.append(added)
        time.sleep(chance.uniform(0, longest_pause))  # lets others in: SQLite's lock is not fair
    connection.close()


if __name__ == "__main__":
    _, url, number, transactions, longest_pause, seconds = sys.argv
    write(url, int(number), int(transactions), float(longest_pause), float(seconds))
