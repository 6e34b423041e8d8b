# Sourced by run, check and .ci/run: what Quartet needs from Debian, and how it is installed.
# Each line: package, then what it is for.

packages_run='
gcc: the compiler
cmake: the build
ninja-build: the build
pkg-config: finding libraries
python3: the floor check of the build
libssl-dev: DTLS, hashes
libsrtp2-dev: SRTP
libusrsctp-dev: data channels
libopus-dev: the audio codec
libvpx-dev: VP8 and VP9
libopenh264-dev: H.264
libyuv-dev: pixel conversion
libspeexdsp-dev: resampling
libsdl2-dev: window and sound devices
libpng-dev: pictures of a call
libjansson-dev: JSON
libjwt-dev: tokens
libcurl4-openssl-dev: HTTP client
libwebsockets-dev: WebSocket
libev-dev: the event loop of the server
ffmpeg: reading other media files
'

packages_test='
libcmocka-dev: unit tests
clang: the second compiler, fuzzers
libclang-rt-14-dev: sanitizers and fuzzers of clang
clang-tidy: static checks
clang-format: one style
iproute2: network namespaces
clang-16: Objective-C with ARC
gnustep-base-runtime: running Objective-C
libgnustep-base-dev: running Objective-C
libblocksruntime-dev: blocks of Objective-C
coturn: the TURN server of the interoperability tests
gcc-aarch64-linux-gnu: kernels of ARM
libc6-dev-arm64-cross: kernels of ARM
qemu-user: running kernels of ARM
'

# only for ./check --all: calls with other implementations
packages_interop='
nodejs: drives the calls with other implementations
npm: their packages
chromium: calls with a browser
firefox-esr: calls with a browser
pulseaudio: a sound device for Firefox
python3-aiortc: calls with aiortc
python3-numpy: pictures and sound of the Python endpoints
python3-gi: calls with GStreamer
gir1.2-gst-plugins-bad-1.0: calls with GStreamer
gstreamer1.0-nice: ICE of GStreamer
gstreamer1.0-plugins-base: Opus of GStreamer
gstreamer1.0-plugins-good: VP8 and RTP of GStreamer
gstreamer1.0-plugins-bad: webrtcbin of GStreamer
'

# missing_packages LIST: prints the names in LIST that are not installed, one a line
missing_packages() {
    local name
    printf '%s\n' "$1" | sed -n 's/:.*//p' | while read -r name; do
        # NodeSource's nodejs brings its own npm, and Debian's conflicts with it
        [ "$name" = npm ] && command -v npm >/dev/null && continue
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
    done
}

# install_packages LIST: installs what is missing of LIST, saying what and why first; does nothing when all is there
install_packages() {
    local missing sudo=''
    missing=$(missing_packages "$1")
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "These packages are missing, and this system has no apt-get: install them by hand:" $missing >&2
        return 1
    fi
    echo 'Quartet needs these Debian packages:'
    printf '%s\n' "$missing" | while read -r name; do
        printf '%s\n' "$1" | grep "^$name:" | sed 's/^\([^:]*\): */  \1 \t(/; s/$/)/'
    done
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "Run this as root, or install them yourself: apt-get install" $missing >&2
            return 1
        fi
        echo 'Installing them needs root rights: sudo may ask for your password.'
        sudo=sudo
    fi
    # DPkg::Lock::Timeout: another apt may be at work; wait for it instead of failing
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -qq update &&
        $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 -qq -y \
            --no-install-recommends install $missing
}
