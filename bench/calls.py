#!/usr/bin/env python3
"""Figures of real calls of `quartet` processes over loopback.

usage: calls.py BIN [--joins N] [--seconds N]

  first picture   from the start of joining a room with one other to the first decoded picture
  delay           capture to decoded picture, one to one, 640x360 at 30 frames a second
  cpu             of one sending participant with one, two and three receivers, who send nothing: what a call of two,
                  three and four costs its sender, decoding apart
"""
import argparse
import os
import re
import subprocess
import tempfile
import time


def quantile(values, part):
    values = sorted(values)
    return values[round(part * (len(values) - 1))]


class Server:
    def __init__(self, folder):
        self.process = subprocess.Popen([f'{folder}/quartetd', '--port', '0'], stdout=subprocess.PIPE, text=True)
        self.url = re.match(r'listening (ws:\S+)', self.process.stdout.readline()).group(1)

    def __enter__(self):
        return self.url

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def join(folder, url, name, *options):
    return subprocess.Popen([f'{folder}/quartet', 'join', url, '--name', name, *options], stdout=subprocess.PIPE,
                            text=True)


def first_pictures(folder, url, joins):
    times = []
    other = join(folder, f'{url}/first', 'Other')
    time.sleep(1)
    for _ in range(joins):
        text = join(folder, f'{url}/first', 'Joiner', '--seconds', '2').communicate()[0]
        times += [float(ms) for ms in re.findall(r'Other is seen, after (\d+) ms', text)]
    other.terminate()
    other.wait()
    print(f'first picture: p50 {quantile(times, 0.5):.0f} ms, p95 {quantile(times, 0.95):.0f} ms over {len(times)} '
          f'of {joins} joins')


def delays(folder, url, seconds):
    with tempfile.TemporaryDirectory() as out:
        sender = join(folder, f'{url}/delay', 'Sender', '--size', '640x360', '--fps', '30')
        receiver = join(folder, f'{url}/delay', 'Receiver', '--size', '640x360', '--fps', '30', '--seconds',
                        str(seconds), '--record', out)
        receiver.communicate()
        sender.terminate()
        sender.wait()
        name = next(f for f in os.listdir(out) if f.endswith('.csv'))
        with open(f'{out}/{name}') as file:
            rows = [tuple(map(int, line.split(','))) for line in list(file)[1:]]
    times = [(row[2] - row[1]) / 1000 for row in rows if row[1]]
    print(f'delay: p50 {quantile(times, 0.5):.1f} ms, p95 {quantile(times, 0.95):.1f} ms over {len(times)} pictures')


def cpu_of(folder, url, receivers, seconds):
    """CPU seconds a second, measured while the call runs, after three seconds of it."""
    room = f'{url}/cpu{receivers}'
    sender = join(folder, room, 'Sender', '--size', '640x360', '--fps', '30')
    others = [join(folder, room, f'R{i}', '--camera', 'none', '--mic', 'none') for i in range(receivers)]

    def used():
        with open(f'/proc/{sender.pid}/stat') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    time.sleep(3)
    before, start = used(), time.monotonic()
    time.sleep(seconds)
    load = (used() - before) / (time.monotonic() - start)
    for process in [sender, *others]:
        process.terminate()
    for process in [sender, *others]:
        process.wait()
    return load


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', metavar='BIN')
    parser.add_argument('--joins', type=int, default=20)
    parser.add_argument('--seconds', type=int, default=20)
    options = parser.parse_args()
    with Server(options.folder) as url:
        first_pictures(options.folder, url, options.joins)
        delays(options.folder, url, options.seconds)
        loads = [cpu_of(options.folder, url, n, options.seconds) for n in (1, 2, 3)]
        for people, load in zip((2, 3, 4), loads):
            print(f'cpu: a call of {people}: {100 * load:.1f} % of a core to send, {load / loads[0]:.2f} times that of two')


if __name__ == '__main__':
    main()
