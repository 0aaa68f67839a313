#!/usr/bin/env python3
"""A line between two network namespaces that can be slow, lossy or cut: test tooling only.

    link.py NAMESPACE_A ADDRESS_A NAMESPACE_B ADDRESS_B CONTROL

Two TUN devices, one in each namespace; this process carries packets from one to the other. CONTROL is
a FIFO that takes one command a line: "delay MILLISECONDS" (one way), "loss FRACTION", "cut", "heal".
Written because many kernels come without sch_netem.
"""
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
PACKETS_AT_ONCE = 64


class End:
    """A TUN device in a namespace."""

    def __init__(self, name, namespace, address, peer):
        self.descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        request = struct.pack("16sH22x", name.encode(), IFF_TUN_WITHOUT_HEADER)
        fcntl.ioctl(self.descriptor, TUNSETIFF, request)
        inside = ["ip", "-n", namespace]
        for command in (
            ["ip", "link", "set", name, "netns", namespace],
            inside + ["addr", "add", address, "peer", peer, "dev", name],
            inside + ["link", "set", name, "up", "mtu", "1500"],
        ):
            subprocess.run(command, check=True)

    def packets(self):
        for _ in range(PACKETS_AT_ONCE):
            try:
                yield os.read(self.descriptor, 65536)
            except BlockingIOError:
                return


class Line:
    """What is on its way, and how the line behaves."""

    def __init__(self):
        self.delay = 0.0
        self.loss = 0.0
        self.is_cut = False
        self.number = 0
        self.waiting = []

    def command(self, words):
        match words:
            case ["delay", milliseconds]:
                self.delay = float(milliseconds) / 1000
            case ["loss", fraction]:
                self.loss = float(fraction)
            case ["cut"]:
                self.is_cut = True
                self.waiting.clear()
            case ["heal"]:
                self.is_cut = False
            case _:
                print("link: not understood:", words, file=sys.stderr, flush=True)

    def take(self, packet, target, now):
        if self.is_cut or (self.loss and random.random() < self.loss):
            return
        self.number += 1
        heapq.heappush(self.waiting, (now + self.delay, self.number, target, packet))

    def deliver(self, now):
        while self.waiting and self.waiting[0][0] <= now:
            _, _, target, packet = heapq.heappop(self.waiting)
            try:
                os.write(target, packet)
            except OSError:
                pass  # a device that is down or full drops, as a router does

    def patience(self, now):
        return max(0, self.waiting[0][0] - now) if self.waiting else None


def main():
    space_a, address_a, space_b, address_b, control = sys.argv[1:]
    tag = os.getpid() % 100000
    a = End(f"tl{tag}", space_a, address_a, address_b)
    b = End(f"tv{tag}", space_b, address_b, address_a)
    # Open for both directions, so that it does not end when a writer closes.
    commands = os.open(control, os.O_RDWR | os.O_NONBLOCK)
    print("ready", flush=True)
    line, text = Line(), b""
    while True:
        line.deliver(time.monotonic())
        readable, _, _ = select.select(
            [a.descriptor, b.descriptor, commands], [], [], line.patience(time.monotonic())
        )
        now = time.monotonic()
        for near, far in ((a, b), (b, a)):
            if near.descriptor in readable:
                for packet in near.packets():
                    line.take(packet, far.descriptor, now)
        if commands in readable:
            text += os.read(commands, 4096)
            *whole, text = text.split(b"\n")
            for words in whole:
                line.command(words.decode().split())


main()
