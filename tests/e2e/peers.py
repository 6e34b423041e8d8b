#!/usr/bin/env python3
"""A call of two `quartet peer` processes: carries their JSON lines, feeds one camera, checks what the other gets.

usage: peers.py QUARTET [CODEC]
"""
import json
import os
import queue
import struct
import subprocess
import sys
import tempfile
import threading
import time

WIDTH, HEIGHT, FPS, LEAST = 320, 180, 30, 40
PICTURE = WIDTH * HEIGHT * 3 // 2


class Peer:
    def __init__(self, program, name, folder, events, **env):
        self.name, self.events = name, events
        env = {'LAB_ID': name, 'LAB_IP': '127.0.0.1', 'LAB_W': str(WIDTH), 'LAB_H': str(HEIGHT), 'LAB_FPS': str(FPS),
               'LAB_OUTPUT': f'{folder}/out-{name}-%', **env}
        self.process = subprocess.Popen([program, 'peer'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, **env})
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.events.put((self.name, json.loads(line)))

    def tell(self, **message):
        self.process.stdin.write(json.dumps(message) + '\n')
        self.process.stdin.flush()


def camera(path, stop):
    with open(path, 'wb', buffering=0) as fifo:
        number = 0
        while not stop.is_set():
            row = bytes(16 + (x + 3 * number) % 200 for x in range(WIDTH))
            fifo.write(row * HEIGHT + bytes([128]) * (PICTURE - WIDTH * HEIGHT))
            number += 1
            time.sleep(1 / FPS)


def sink(path, sizes):
    with open(path, 'rb') as fifo:
        while True:
            header = fifo.read(32)
            if len(header) < 32:
                return
            magic, width, height, pixels, _, number, zero = struct.unpack('<4sIIIqII', header)
            assert (magic, pixels, number, zero) == (b'VFR1', 1, 0xffffffff, 0), header
            data = fifo.read(width * height * 3 // 2)
            assert len(data) == width * height * 3 // 2
            sizes.append((width, height))


def main():
    program, codec = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else 'VP8'
    events, stop, sizes, seen = queue.Queue(), threading.Event(), [], []
    with tempfile.TemporaryDirectory() as folder:
        os.mkfifo(f'{folder}/cam')
        os.mkfifo(f'{folder}/out-b-a')
        threading.Thread(target=camera, args=(f'{folder}/cam', stop), daemon=True).start()
        threading.Thread(target=sink, args=(f'{folder}/out-b-a', sizes), daemon=True).start()
        peers = {'a': Peer(program, 'a', folder, events, LAB_CAMERA=f'{folder}/cam', LAB_CODEC=codec,
                           LAB_MIC='tone'),
                 'b': Peer(program, 'b', folder, events, LAB_SEND='0', LAB_CODEC=codec, LAB_SOUND=f'{folder}/sound-%')}
        end = time.time() + 50
        ready = 0
        stats = {}
        while time.time() < end and (len(sizes) < LEAST or len(stats) < 2):
            try:
                name, message = events.get(timeout=0.5)
            except queue.Empty:
                message = {}
            if 'to' in message:
                peers[message['to']].tell(**{**{k: v for k, v in message.items() if k != 'to'}, 'from': name})
            elif message.get('ev') == 'ready':
                ready += 1
                if ready == 2:
                    peers['a'].tell(cmd='start', call=['b'], peers=['b'])
                    peers['b'].tell(cmd='start', call=[], peers=['a'])
            elif message.get('ev') == 'stats':
                stats[name] = message['stats']
            elif message:
                seen.append((name, message))
            if len(sizes) >= LEAST and not stop.is_set():
                stop.set()
                for peer in peers.values():
                    peer.tell(cmd='nonsense')
                    peer.process.stdin.write('this is not JSON\n')
                    peer.tell(cmd='stats')
        for peer in peers.values():
            peer.tell(cmd='stop')
        codes = [peer.process.wait(10) for peer in peers.values()]
        with open(f'{folder}/sound-a', 'rb') as file:
            data = file.read()
        samples = struct.unpack(f'<{len(data) // 2}h', data)
    names = [(name, message['ev']) for name, message in seen]
    assert len(sizes) >= LEAST, f'{len(sizes)} pictures; {seen}'
    assert set(sizes) == {(WIDTH, HEIGHT)}, set(sizes)
    assert codes == [0, 0], codes
    for wanted in (('a', 'described'), ('b', 'described'), ('a', 'connected'), ('b', 'connected'), ('b', 'first-frame')):
        assert names.count(wanted) == 1, f'{wanted}: {names}'
    assert max(map(abs, samples)) > 1000, f'the tone was not heard in {len(samples)} samples'
    errors = [message for _, message in seen if message['ev'] == 'error']
    assert len(errors) == 2, errors  # the line that is not JSON, once each
    inbound = next(s for s in stats['b']['a'] if s['type'] == 'inbound-rtp')
    assert inbound['codec'] == codec and inbound['frames'] >= LEAST, inbound
    print(f'peer: {len(sizes)} pictures by {codec}')


if __name__ == '__main__':
    main()
