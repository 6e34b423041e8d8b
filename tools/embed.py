#!/usr/bin/env python3
"""Writes the files of a folder as one C source that server/guest_page.h describes. usage: embed.py FOLDER OUTPUT"""
import os
import sys

TYPES = {
    '.html': 'text/html; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.svg': 'image/svg+xml',
}


def main():
    folder, output = sys.argv[1:]
    names = sorted(name for name in os.listdir(folder) if os.path.splitext(name)[1] in TYPES)
    parts = ['/* Made by tools/embed.py. */\n#include "server/guest_page.h"\n\n']
    for number, name in enumerate(names):
        with open(os.path.join(folder, name), 'rb') as file:
            data = file.read()
        rows = (','.join(map(str, data[at:at + 32])) for at in range(0, len(data), 32))
        parts.append(f'static const unsigned char file_{number}[] = {{\n' + ',\n'.join(rows) + '};\n')
    parts.append('\nconst guest_file guest_files[] = {\n')
    for number, name in enumerate(names):
        parts.append(f'    {{"{name}", "{TYPES[os.path.splitext(name)[1]]}", file_{number}, sizeof file_{number}}},\n')
    parts.append(f'}};\nconst size_t guest_file_count = {len(names)};\n')
    with open(output, 'w', encoding='ascii') as file:
        file.write(''.join(parts))


if __name__ == '__main__':
    main()
