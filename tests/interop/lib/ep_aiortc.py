"""One endpoint of a call: aiortc. JSON lines on stdin and stdout, see README.md."""
import asyncio
import fractions
import json
import sys
import time

import av
import numpy
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp

import evidence

SETTINGS = json.loads(sys.argv[1])


def out(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Camera(MediaStreamTrack):
    kind = "video"

    def __init__(self):
        super().__init__()
        self.number = 0
        self.began = time.monotonic()

    async def recv(self):
        fps, width, height = SETTINGS["fps"], SETTINGS["width"], SETTINGS["height"]
        await asyncio.sleep(max(0, self.began + self.number / fps - time.monotonic()))
        planes = numpy.full((height * 3 // 2, width), 128, numpy.uint8)
        planes[:height] = evidence.draw(width, height, self.number & 0xFFFF)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = self.number * 90000 // fps, fractions.Fraction(1, 90000)
        self.number += 1
        return frame


class Microphone(MediaStreamTrack):
    kind = "audio"

    def __init__(self):
        super().__init__()
        self.samples = 0
        self.began = time.monotonic()

    async def recv(self):
        await asyncio.sleep(max(0, self.began + self.samples / 48000 - time.monotonic()))
        phase = 2 * numpy.pi * SETTINGS["playHz"] * (self.samples + numpy.arange(960)) / 48000
        frame = av.AudioFrame.from_ndarray((8000 * numpy.sin(phase)).astype(numpy.int16).reshape(1, -1), layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48000, self.samples, fractions.Fraction(1, 48000)
        self.samples += 960
        return frame


TEXTS = ["", "hello", "gr\u00fc\u00df dich"]
SIZES = [0, 1, 1200, 16384, 60000]


def say_back(channel):
    channel.on("message", channel.send)
    channel.on("close", lambda: out({"ev": "echo-closed"}))


def call_echo(channel):
    wanted = TEXTS + [bytes((i * 7 + size) & 255 for i in range(size)) for size in SIZES]
    coming = list(wanted)

    def on_open():
        for data in wanted:
            channel.send(data)

    def on_message(data):
        if not coming or data != coming.pop(0):
            raise ValueError("something else came back than was sent")
        if not coming:
            channel.close()
            out({"ev": "echoed"})

    channel.on("open", on_open)
    channel.on("message", on_message)


class Endpoint:
    def __init__(self):
        self.pc = None
        self.other = None
        self.watcher = evidence.Watcher(SETTINGS["hearHz"])
        self.tasks = []
        self.held = []

    def open(self, other):
        if self.pc:
            return
        self.other = other
        self.pc = RTCPeerConnection()
        self.pc.on("track", lambda track: self.tasks.append(asyncio.ensure_future(self.watch(track))))
        self.pc.on("datachannel", say_back)
        self.pc.on("connectionstatechange", lambda: out({"ev": self.pc.connectionState}))

    async def add_candidate(self, ice):
        if ice["candidate"]:
            candidate = candidate_from_sdp(ice["candidate"].split(":", 1)[1])
            candidate.sdpMid, candidate.sdpMLineIndex = ice.get("sdpMid"), ice.get("sdpMLineIndex")
            await self.pc.addIceCandidate(candidate)

    async def watch(self, track):
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    luma = frame.to_ndarray(format="yuv420p")[: frame.height, : frame.width]
                    self.watcher.picture(luma, time.time() * 1000)
                else:
                    samples = frame.to_ndarray().reshape(-1, len(frame.layout.channels))[:, 0]
                    self.watcher.sound(samples.astype(float), frame.sample_rate)
        except MediaStreamError:
            pass

    async def describe(self, description):
        await self.pc.setLocalDescription(description)
        local = self.pc.localDescription
        out({"to": self.other, "sdp": {"type": local.type, "sdp": local.sdp}})  # with its candidates: no trickle

    def add_tracks(self):
        self.pc.addTrack(Microphone())
        self.pc.addTrack(Camera())

    async def take(self, message):
        if message.get("cmd") == "start":
            for other in message["call"]:
                self.open(other)
                self.add_tracks()
                if SETTINGS.get("data"):
                    call_echo(self.pc.createDataChannel("echo"))
                await self.describe(await self.pc.createOffer())
        elif "sdp" in message:
            self.open(message["from"])
            await self.pc.setRemoteDescription(RTCSessionDescription(**message["sdp"]))
            for ice in self.held:
                await self.add_candidate(ice)
            self.held.clear()
            if message["sdp"]["type"] == "offer":
                self.add_tracks()
                await self.describe(await self.pc.createAnswer())
        elif "ice" in message:
            if self.pc and self.pc.remoteDescription:
                await self.add_candidate(message["ice"])
            else:
                self.held.append(message["ice"])
        elif message.get("cmd") == "evidence":
            out({"ev": "evidence", "report": self.watcher.report()})
        elif message.get("cmd") == "stop":
            return False
        return True


async def main():
    endpoint = Endpoint()
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    out({"ev": "ready"})
    while line := await reader.readline():
        try:
            if not await endpoint.take(json.loads(line)):
                break
        except Exception as error:  # what goes wrong is the judge's to hear
            out({"ev": "error", "text": repr(error)})


asyncio.run(main())
