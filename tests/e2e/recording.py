#!/usr/bin/env python3
"""Checks the recording of one participant whose camera was the pattern.

usage: recording.py FOLDER NAME WIDTH HEIGHT LEAST_PICTURES [LEAST_SOUND_SECONDS]
"""
import glob
import struct
import sys

BITS = 16
FIRST_BIT = 4


def barcode(luma, width):
    """The frame number in the top strip (apps and src/device/barcode.c draw it), or None."""
    cell = width // 40

    def mean(index):
        x0, x1 = index * cell + cell // 4, index * cell + max(cell * 3 // 4, cell // 4 + 1)
        rows = range(cell // 4, max(cell * 3 // 4, cell // 4 + 1))
        values = [luma[y * width + x] for y in rows for x in range(x0, x1)]
        return sum(values) / len(values)

    gray = 0
    for index in range(FIRST_BIT, FIRST_BIT + BITS):
        gray = gray << 1 | (mean(index) > 126)
    if (mean(FIRST_BIT + BITS) > 126) != (bin(gray).count('1') % 2 == 1):
        return None
    number = gray
    shift = 1
    while shift < BITS:
        number ^= number >> shift
        shift *= 2
    return number


def read_pictures(path, width, height):
    with open(path, 'rb') as file:
        header = file.readline().split()
        assert header[0] == b'YUV4MPEG2', header
        assert b'W%d' % width in header and b'H%d' % height in header, header
        size = width * height * 3 // 2
        while True:
            line = file.readline()
            if not line:
                return
            assert line == b'FRAME\n', line
            data = file.read(size)
            assert len(data) == size, 'a picture is cut short'
            yield data


def only(pattern):
    found = glob.glob(pattern)
    assert len(found) == 1, f'{pattern}: {found}'
    return found[0]


def main():
    folder, name, width, height, least = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    seconds = float(sys.argv[6]) if len(sys.argv) > 6 else 0
    numbers = [barcode(p, width) for p in read_pictures(only(f'{folder}/{name}-*.y4m'), width, height)]
    assert len(numbers) >= least, f'only {len(numbers)} pictures'
    readable = [n for n in numbers if n is not None]
    assert len(readable) > 0.9 * len(numbers), f'{len(readable)} of {len(numbers)} pictures show their number'
    assert readable == sorted(set(readable)), 'pictures are repeated or out of order'

    with open(only(f'{folder}/{name}-*.csv')) as file:
        assert file.readline() == 'frame,captured_us,decoded_us\n'
        rows = [tuple(map(int, line.split(','))) for line in file]
    assert [row[0] for row in rows] == list(range(len(numbers))), 'the CSV does not count as the pictures do'
    assert all(a[2] < b[2] for a, b in zip(rows, rows[1:])), 'decoded times do not grow'
    known = [row for row in rows if row[1]]
    assert len(known) > len(rows) / 2, f'capture times known of {len(known)} of {len(rows)} pictures'
    impossible = [row for row in known if not -2000 < row[2] - row[1] < 10_000_000]
    assert not impossible, f'impossible delays of {len(impossible)} pictures, the first: {impossible[0]}'

    with open(f'{folder}/mixed.wav', 'rb') as file:
        data = file.read()
    assert data[:4] == b'RIFF' and struct.unpack('<I', data[40:44])[0] == len(data) - 44, 'mixed.wav is not whole'
    samples = struct.unpack(f'<{(len(data) - 44) // 2}h', data[44:])
    blocks = [samples[i:i + 480] for i in range(0, len(samples) - 479, 480)]
    loud = sum(max(map(abs, block)) > 300 for block in blocks)
    assert len(samples) >= seconds * 48000, f'{len(samples) / 48000:.1f} s of sound'
    assert loud >= 100 * seconds * 0.2, f'only {loud} of {len(blocks)} blocks are not silent'

    delays = sorted(row[2] - row[1] for row in known)
    print(f'{name}: {len(numbers)} pictures, {len(readable)} numbered, delay p50 {delays[len(delays) // 2] / 1000:.1f} ms, '
          f'{loud} of {len(blocks)} blocks of sound loud')


if __name__ == '__main__':
    main()
