"""One endpoint of a call: webrtcbin of GStreamer. JSON lines on stdin and stdout, see README.md."""
import json
import os
import re
import sys
import threading
import time

import gi
import numpy

import evidence

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstApp, GstSdp, GstWebRTC  # noqa: E402,F401

SETTINGS = json.loads(sys.argv[1])
WIDTH, HEIGHT, FPS = SETTINGS["width"], SETTINGS["height"], SETTINGS["fps"]
OUT_LOCK = threading.Lock()

VIDEO = (
    "appsrc name=camera is-live=true do-timestamp=true format=time max-buffers=2 leaky-type=2 "
    f"caps=video/x-raw,format=I420,width={WIDTH},height={HEIGHT},framerate={FPS}/1 "
    "! vp8enc deadline=1 cpu-used=8 target-bitrate=400000 keyframe-max-dist=300 error-resilient=partitions "
    "! rtpvp8pay picture-id-mode=2 mtu=1200 pt={pt} "
    "! capsfilter caps=application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload={pt}"
)
AUDIO = (
    f"audiotestsrc is-live=true freq={SETTINGS['playHz']} volume=0.3 ! audio/x-raw,rate=48000,channels=1 "
    "! audioconvert ! opusenc frame-size=20 ! rtpopuspay pt={pt} "
    "! capsfilter caps=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,"
    "payload={pt}"  # said here: an offer that is made before the first sound says "OPUS/48000" else, which RFC 7587 forbids
)


def out(message):
    with OUT_LOCK:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def payload_type(sdp, codec, otherwise):
    found = re.search(rf"a=rtpmap:(\d+) {codec}/", sdp or "", re.I)
    return int(found.group(1)) if found else otherwise


class Endpoint:
    def __init__(self):
        self.watcher = evidence.Watcher(SETTINGS["hearHz"])
        self.other = None
        self.pipeline = Gst.Pipeline.new("call")
        self.webrtc = Gst.ElementFactory.make("webrtcbin", "webrtc")
        self.webrtc.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
        self.webrtc.set_property("latency", 60)
        self.webrtc.connect("pad-added", self.on_pad)
        self.webrtc.connect("on-ice-candidate", self.on_candidate)
        self.webrtc.connect("notify::connection-state", self.on_state)
        self.pipeline.add(self.webrtc)

    def on_candidate(self, _webrtc, index, candidate):
        if candidate:
            out({"to": self.other, "ice": {"candidate": candidate, "sdpMLineIndex": index}})

    def on_state(self, webrtc, _property):
        out({"ev": webrtc.get_property("connection-state").value_nick})

    def send_media(self, offer):
        """Sources, with the payload types of the offer when there is one: webrtcbin does not translate them."""
        for text, codec, otherwise in ((AUDIO, "opus", 97), (VIDEO, "VP8", 96)):
            source = Gst.parse_bin_from_description(text.format(pt=payload_type(offer, codec, otherwise)), True)
            self.pipeline.add(source)
            source.link(self.webrtc)
            if codec == "VP8":
                threading.Thread(target=self.film, args=(source.get_by_name("camera"),), daemon=True).start()
        self.pipeline.set_state(Gst.State.PLAYING)

    def film(self, camera):
        began, number = time.monotonic(), 0
        while True:
            luma = evidence.draw(WIDTH, HEIGHT, number & 0xFFFF).tobytes()
            camera.emit("push-buffer", Gst.Buffer.new_wrapped(luma + bytes([128]) * (WIDTH * HEIGHT // 2)))
            number += 1
            time.sleep(max(0, began + number / FPS - time.monotonic()))

    def on_pad(self, _webrtc, pad):
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        video = pad.get_current_caps().get_structure(0).get_value("media") == "video"
        text = (
            "rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=I420"
            if video
            else "rtpopusdepay ! opusdec ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1"
        )
        sink = Gst.parse_bin_from_description(f"{text} ! appsink name=sink sync=false emit-signals=true", True)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))
        sink.get_by_name("sink").connect("new-sample", self.on_picture if video else self.on_sound)

    def on_picture(self, sink):
        sample = sink.emit("pull-sample")
        caps, data = sample.get_caps().get_structure(0), sample.get_buffer()
        width, height = caps.get_value("width"), caps.get_value("height")
        stride = (width + 3) // 4 * 4
        luma = numpy.frombuffer(data.extract_dup(0, stride * height), numpy.uint8).reshape(height, stride)
        self.watcher.picture(luma[:, :width], time.time() * 1000)
        return Gst.FlowReturn.OK

    def on_sound(self, sink):
        data = sink.emit("pull-sample").get_buffer()
        self.watcher.sound(numpy.frombuffer(data.extract_dup(0, data.get_size()), "<i2").astype(float), 48000)
        return Gst.FlowReturn.OK

    def ask(self, action, *arguments):
        promise = Gst.Promise.new()
        self.webrtc.emit(action, *arguments, promise)
        promise.wait()
        return promise.get_reply()

    def describe(self, kind):
        reply = self.ask(f"create-{kind}", None)  # owns the description
        description = reply.get_value(kind)
        self.ask("set-local-description", description)
        out({"to": self.other, "sdp": {"type": kind, "sdp": description.sdp.as_text()}})

    def set_remote(self, description):
        _, sdp = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(description["sdp"].encode(), sdp)
        kind = GstWebRTC.WebRTCSDPType.OFFER if description["type"] == "offer" else GstWebRTC.WebRTCSDPType.ANSWER
        self.ask("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(kind, sdp))

    def take(self, message):
        if message.get("cmd") == "start":
            for other in message["call"]:
                self.other = other
                self.send_media(None)
                self.describe("offer")
        elif "sdp" in message:
            self.other = message["from"]
            if message["sdp"]["type"] == "offer":
                self.send_media(message["sdp"]["sdp"])
            self.set_remote(message["sdp"])
            if message["sdp"]["type"] == "offer":
                self.describe("answer")
        elif "ice" in message:
            self.webrtc.emit("add-ice-candidate", message["ice"].get("sdpMLineIndex") or 0, message["ice"]["candidate"])
        elif message.get("cmd") == "evidence":
            out({"ev": "evidence", "report": self.watcher.report()})
        elif message.get("cmd") == "stop":
            os._exit(0)


def main():
    Gst.init(None)
    endpoint = Endpoint()
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    out({"ev": "ready"})
    for line in sys.stdin:
        try:
            endpoint.take(json.loads(line))
        except Exception as error:  # what goes wrong is the judge's to hear
            out({"ev": "error", "text": repr(error)})
    os._exit(0)


main()
