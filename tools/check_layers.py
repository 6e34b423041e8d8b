#!/usr/bin/env python3
"""Checks that every #include obeys the floors of DESIGN: a folder includes only itself and lower floors.

usage: check_layers.py [ROOT]      exit 1 and one line for each breach
"""
import pathlib
import re
import sys

FLOORS = {
    'base': 0,
    'crypto': 1, 'codec': 1, 'os': 1,
    'ice': 2, 'dtls': 2, 'srtp': 2, 'sctp': 2, 'rtp': 2, 'cc': 2, 'sdp': 2, 'signaling': 2, 'media': 2,
    'peer': 3, 'device': 3,
    'call': 4,
    'engine': 5,
}
SERVER_MAY = {'signaling', 'crypto', 'os', 'base'}
WORLD = {'os', 'device', 'engine'}  # only these may include os/
INCLUDE = re.compile(r'^\s*#\s*include\s+"([a-z0-9_]+)/', re.M)
PLATFORM = re.compile(r'^\s*#\s*if(n?def|.*defined).*(__APPLE__|__linux__|_WIN32)', re.M)


def breaches(root):
    for path in sorted(root.glob('src/**/*.[chm]')):
        folder = path.relative_to(root / 'src').parts[0]
        text = path.read_text(errors='replace')
        for target in INCLUDE.findall(text):
            if target not in FLOORS or target == folder:
                continue
            if FLOORS[target] >= FLOORS[folder]:
                yield f'{path}: {folder} (floor {FLOORS[folder]}) includes {target} (floor {FLOORS[target]})'
            elif target == 'os' and folder not in WORLD:
                yield f'{path}: {folder} may not touch the outside world (os)'
        if folder not in WORLD and PLATFORM.search(text):
            yield f'{path}: platform #ifdef in protocol code'
    for path in sorted(root.glob('server/**/*.[ch]')):
        for target in INCLUDE.findall(path.read_text(errors='replace')):
            if target in FLOORS and target not in SERVER_MAY:
                yield f'{path}: the server may not include {target}'
    for pattern in ('objc/**/*.[hm]', 'apps/**/*.[chm]'):
        for path in sorted(root.glob(pattern)):
            for target in INCLUDE.findall(path.read_text(errors='replace')):
                if target in FLOORS:
                    yield f'{path}: applications see include/ alone, not {target}'


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    found = list(breaches(root))
    for line in found:
        print(line)
    sys.exit(1 if found else 0)


if __name__ == '__main__':
    main()
