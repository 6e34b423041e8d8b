"""A WebSocket client (RFC 6455) that does exactly what it is told, right or wrong. Standard library alone."""
import base64
import json
import os
import socket
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class RawSocket:
    def __init__(self, port, path='/room', protocol='quartet.v1', host='127.0.0.1', timeout=5):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.buffer = b''
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f'GET {path} HTTP/1.1', f'Host: {host}:{port}', 'Upgrade: websocket', 'Connection: Upgrade',
                 f'Sec-WebSocket-Key: {key}', 'Sec-WebSocket-Version: 13']
        if protocol:
            lines.append(f'Sec-WebSocket-Protocol: {protocol}')
        self.socket.sendall('\r\n'.join(lines + ['', '']).encode())
        self.head = self._until(b'\r\n\r\n').decode(errors='replace')
        self.status = int(self.head.split()[1])

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(mark, 1)
        return head

    def _more(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError('the server closed the connection')
        self.buffer += data

    def _take(self, n):
        while len(self.buffer) < n:
            self._more()
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def frame(self, opcode, payload=b'', final=True, masked=True, length=None):
        """Send one frame; `length` may lie about the payload's."""
        n = len(payload) if length is None else length
        out = bytes([opcode | (0x80 if final else 0)])
        bit = 0x80 if masked else 0
        if n < 126:
            out += bytes([bit | n])
        elif n < 65536:
            out += bytes([bit | 126]) + struct.pack('>H', n)
        else:
            out += bytes([bit | 127]) + struct.pack('>Q', n)
        if masked:
            mask = os.urandom(4)
            out += mask
            payload = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.socket.sendall(out + payload)

    def receive_frame(self):
        first, second = self._take(2)
        n = second & 127
        if n == 126:
            n = struct.unpack('>H', self._take(2))[0]
        elif n == 127:
            n = struct.unpack('>Q', self._take(8))[0]
        return first & 15, self._take(n)

    def send_text(self, text):
        self.frame(TEXT, text if isinstance(text, bytes) else text.encode())

    def send(self, t, d=None, **envelope):
        message = {'t': t, **envelope}
        if d is not None:
            message['d'] = d
        self.send_text(json.dumps(message))

    def receive(self, want=None):
        """The next message, or the next one of type `want`."""
        while True:
            opcode, payload = self.receive_frame()
            if opcode == CLOSE:
                raise EOFError('the server closed the WebSocket')
            if opcode != TEXT:
                continue
            message = json.loads(payload)
            if want is None or message['t'] == want:
                return message

    def ended(self):
        """Does the server end the connection, whatever it says before?"""
        try:
            while True:
                if self.receive_frame()[0] == CLOSE:
                    return True
        except (EOFError, ConnectionError):
            return True
        except socket.timeout:
            return False

    def drop(self):
        """End without a word, as a killed process does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()


class Participant(RawSocket):
    """Has greeted and joined; `joined` is the server's answer."""

    def __init__(self, port, room='room', name='', **kwargs):
        super().__init__(port, '/' + room, **kwargs)
        self.send('hello', {'versions': [1]})
        assert self.receive()['t'] == 'welcome'
        self.send('join', {'name': name})
        self.joined = self.receive()
        self.id = self.joined.get('d', {}).get('self')
