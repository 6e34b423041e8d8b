#!/bin/bash
# neon.sh SOURCE BUILD BIN: builds the codec for 64-bit ARM and, in an emulator, runs checkasm; then encodes and decodes
# there what BIN/viola encodes and decodes here: every byte must be the same.
set -eu
source=$1 build=$2 bin=$3
for program in aarch64-linux-gnu-gcc qemu-aarch64; do
    if ! command -v "$program" >/dev/null; then
        echo "skip: no $program here (Debian: gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user)"
        exit 77
    fi
done

cmake -G Ninja -S "$source" -B "$build" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
    -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc -DCMAKE_EXE_LINKER_FLAGS=-static -DQUARTET_VIOLA_ONLY=ON >/dev/null
cmake --build "$build" --target checkasm viola

qemu-aarch64 "$build/bin/checkasm"

# 5 frames of slanted waves that drift over a noisy ground
python3 - "$build/scene.y4m" <<'EOT'
import random, sys
w, h, random = 144, 90, random.Random(1)
with open(sys.argv[1], 'wb') as out:
    out.write(b'YUV4MPEG2 W%d H%d F30:1 C420jpeg\n' % (w, h))
    for t in range(5):
        luma = bytes((x * 3 + y * (2 + x // 48) + 5 * t) % 180 + random.randrange(20) for y in range(h) for x in range(w))
        chroma = [bytes((c * 60 + x + 2 * y + t) % 256 for y in range(h // 2) for x in range(w // 2)) for c in (1, 2)]
        out.write(b'FRAME\n' + luma + chroma[0] + chroma[1])
EOT
for effort in 0 2 4; do
    "$bin/viola" enc "$build/scene.y4m" -o "$build/here.vla" --qp 100 --effort $effort --slices 900 >/dev/null
    qemu-aarch64 "$build/bin/viola" enc "$build/scene.y4m" -o "$build/arm.vla" --qp 100 --effort $effort --slices 900 >/dev/null
    cmp "$build/here.vla" "$build/arm.vla"
    "$bin/viola" dec "$build/here.vla" -o "$build/here.y4m" >/dev/null
    qemu-aarch64 "$build/bin/viola" dec "$build/here.vla" -o "$build/arm.y4m" >/dev/null
    cmp "$build/here.y4m" "$build/arm.y4m"
    echo "effort $effort: stream and pictures are the same on both processors"
done
