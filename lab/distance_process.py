"""The process behind `lab.distance`: one loop, two sockets a client, and a heap of answers still on their way."""

from __future__ import annotations

import heapq
import itertools
import json
import random
import select
import socket
import sys
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from lab.processes import LOOPBACK

LARGEST_DATAGRAM = 65535
MOST_CLIENTS = 800
COMMANDS = 0  # standard input: a line asks for the counts, its end is ours


@dataclass(slots=True)
class Server:
    """One server behind its new door. `free_at` is when it has served what it has taken so far."""

    port: int
    front: socket.socket
    free_at: float = 0.0


@dataclass(slots=True)
class Client:
    """Who asked at which door; answers of the server come to `back`."""

    server: Server
    address: tuple[str, int]
    back: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back.setblocking(False)
        self.back.connect((LOOPBACK, self.server.port))


class Line:
    """All doors, all clients, and what is on its way."""

    def __init__(self, servers: list[int], delay_s: float, loss: float, *, one_at_a_time: bool) -> None:
        self._delay_s, self._loss, self._one_at_a_time = delay_s, loss, one_at_a_time
        self._poll = select.epoll()
        self._servers: dict[int, Server] = {}
        self._clients: OrderedDict[tuple[int, tuple[str, int]], Client] = OrderedDict()
        self._backs: dict[int, Client] = {}
        self._late: list[tuple[float, int, Client, bytes]] = []
        self._order = itertools.count()
        self._chance = random.Random(len(servers))  # noqa: S311 - which packets are lost is no secret
        self.requests = self.answers = 0
        for port in servers:
            front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            front.setblocking(False)
            front.bind((LOOPBACK, 0))
            self._servers[front.fileno()] = Server(port, front)
            self._poll.register(front.fileno(), select.EPOLLIN)
        self._poll.register(COMMANDS, select.EPOLLIN)

    @property
    def ports(self) -> list[int]:
        """The new doors."""
        return [server.front.getsockname()[1] for server in self._servers.values()]

    def serve(self) -> None:
        """Pass on until the standard input ends."""
        while True:
            for number, _ in self._poll.poll(self._patience_s()):
                if number == COMMANDS:
                    if not sys.stdin.readline():
                        return
                    print(json.dumps([self.requests, self.answers]), flush=True)
                    self.requests = self.answers = 0
                elif number in self._servers:
                    self._take_requests(self._servers[number])
                elif number in self._backs:
                    self._take_answers(self._backs[number])
            self._deliver()

    def _patience_s(self) -> float | None:
        return max(0.0, self._late[0][0] - time.monotonic()) if self._late else None

    def _take_requests(self, server: Server) -> None:
        while True:
            try:
                request, address = server.front.recvfrom(LARGEST_DATAGRAM)
            except OSError:
                return
            self.requests += 1
            client = self._client(server, address)
            try:
                client.back.send(request)
            except OSError:
                continue  # nobody is there: to the client that is silence

    def _client(self, server: Server, address: tuple[str, int]) -> Client:
        key = (server.port, address)
        client = self._clients.get(key)
        if client is None:
            if len(self._clients) >= MOST_CLIENTS:
                self._forget(self._clients.popitem(last=False)[1])
            client = self._clients[key] = Client(server, address)
            self._backs[client.back.fileno()] = client
            self._poll.register(client.back.fileno(), select.EPOLLIN)
        return client

    def _forget(self, client: Client) -> None:
        self._poll.unregister(client.back.fileno())
        del self._backs[client.back.fileno()]
        client.back.close()

    def _take_answers(self, client: Client) -> None:
        while True:
            try:
                answer = client.back.recv(LARGEST_DATAGRAM)
            except OSError:
                return
            if self._chance.random() < self._loss:
                continue
            begun = now = time.monotonic()
            if self._one_at_a_time:
                begun = max(now, client.server.free_at)
                client.server.free_at = begun + self._delay_s
            heapq.heappush(self._late, (begun + self._delay_s, next(self._order), client, answer))

    def _deliver(self) -> None:
        while self._late and self._late[0][0] <= time.monotonic():
            _, _, client, answer = heapq.heappop(self._late)
            self.answers += 1
            client.server.front.sendto(answer, client.address)


def main() -> None:
    """Open the doors, print their ports, serve."""
    order = json.loads(sys.argv[1])
    line = Line(order["servers"], order["delay_s"], order["loss"], one_at_a_time=order["one_at_a_time"])
    print(json.dumps(line.ports), flush=True)
    line.serve()


if __name__ == "__main__":
    main()
