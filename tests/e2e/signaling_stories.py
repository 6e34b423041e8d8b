"""Stories about quartetd, told to a real process over loopback. usage: signaling_stories.py QUARTETD"""
import atexit
import base64
import hmac
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from rawws import BINARY, CLOSE, PING, PONG, TEXT, Participant, RawSocket


class Server:
    def __init__(self, *options):
        self.process = subprocess.Popen([sys.argv[1], '--port', '0', *options], stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # a story that fails leaves no server behind, which ctest would wait for
        line = self.process.stdout.readline()
        assert line.startswith('listening ws://'), f'it said: {line!r}'
        self.port = int(line.rsplit(':', 1)[1])

    def end(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(timeout=5)
        self.process.stdout.close()
        return code


def story_a_room_fills_and_empties(port):
    """Each learns of the others; the fifth is turned away; leaving is announced."""
    people = [Participant(port, 'full', name) for name in ('Ana', 'Ben', 'Cem', 'Dan')]
    assert [p['name'] for p in people[3].joined['d']['peers']] == ['Ana', 'Ben', 'Cem']
    assert sorted(p.id for p in people) == [p.id for p in people]
    fifth = Participant(port, 'full')
    assert fifth.joined['d']['code'] == 'room-full', fifth.joined
    assert fifth.ended()
    people[1].send('leave')
    assert people[1].receive('bye') and people[1].ended()
    for _ in range(4):
        last = people[0].receive('peer')
    assert last['d']['change'] == 'gone' and last['d']['peer']['id'] == people[1].id, last


def story_messages_arrive_in_order_and_signed_by_the_server(port):
    a, b = Participant(port, 'order'), Participant(port, 'order')
    for i in range(100):
        b.send('chat', {'text': str(i)}, to=a.id, id=i + 1, seq=i + 1, **{'from': a.id})
    got = [a.receive('chat') for _ in range(100)]
    assert [m['d']['text'] for m in got] == [str(i) for i in range(100)]
    assert all(m['from'] == b.id for m in got)
    assert [m['seq'] for m in got] == list(range(2, 102)), 'the first was that b joined'


def story_a_killed_client_is_away_and_comes_back(port):
    a, b = Participant(port, 'back', 'Ana'), Participant(port, 'back', 'Ben')
    a.receive('peer')
    started = time.monotonic()
    b.drop()
    away = a.receive('peer')
    assert away['d']['peer']['away'] is True and time.monotonic() - started < 1, away
    a.send('desc', {'type': 'offer', 'sdp': 'v=0\r\n'}, to=b.id)
    again = RawSocket(port, '/back')
    again.send('hello', {'versions': [1]})
    again.receive('welcome')
    again.send('resume', {'ticket': b.joined['d']['ticket'], 'last': 0})
    assert again.receive('resumed')['d']['self'] == b.id
    assert again.receive('desc')['d']['sdp'] == 'v=0\r\n'
    assert 'away' not in a.receive('peer')['d']['peer']


def story_long_messages_come_whole_however_they_are_cut(port):
    a, b = Participant(port, 'cut'), Participant(port, 'cut')
    text = json.dumps({'t': 'desc', 'to': a.id, 'd': {'type': 'offer', 'sdp': 'x' * 32768}}).encode()
    b.frame(TEXT, text[:1], final=False)
    b.frame(PING, b'between')
    for at in range(1, len(text), 5000):
        b.frame(0, text[at:at + 5000], final=at + 5000 >= len(text))
    assert len(a.receive('desc')['d']['sdp']) == 32768
    assert b.receive_frame() == (PONG, b'between')


def story_what_breaks_the_frame_rules_is_ended(port):
    def over(act):
        s = Participant(port, 'rules')
        act(s)
        assert s.ended(), act
        s.socket.close()

    over(lambda s: s.frame(BINARY, b'{"t":"ping"}'))
    over(lambda s: s.frame(3, b''))                                       # a reserved opcode
    over(lambda s: s.frame(PING, b'x' * 126))                             # too long for a control frame
    over(lambda s: s.frame(PING, b'', final=False))                       # control frames are whole
    over(lambda s: s.frame(0, b'continues nothing'))
    over(lambda s: s.frame(CLOSE, b'\x03\xe8'))

    def too_long(s):
        s.frame(TEXT, b'x' * 70000)
        assert s.receive('error')['d']['code'] == 'too-large'

    def endless(s):
        s.frame(TEXT, b'x', final=False)
        for _ in range(70):
            s.frame(0, b'x' * 1000, final=False)
        assert s.receive('error')['d']['code'] == 'too-large'

    over(too_long)
    over(endless)


def story_what_is_not_a_message_is_answered_and_survived(port):
    s = Participant(port, 'junk')
    for junk in (b'{', b'[]', b'{"t":"chat","d":{"text":"a\\u0000"}}', b'[' * 30000, b'{"t":"ping","t":"ping"}'):
        s.send_text(junk)
        assert s.receive('error')['d']['code'] == 'bad-message', junk
    s.send('ping')
    s.receive('pong')


def story_a_flood_is_ended(port):
    s = Participant(port, 'flood')
    try:
        for _ in range(400):
            s.send('pong')
    except OSError:
        pass
    assert s.ended()


def story_only_quartet_v1_is_spoken(port):
    for protocol in (None, 'chat', 'quartet.v2'):
        try:
            s = RawSocket(port, protocol=protocol)
            assert s.status != 101 or s.ended(), s.head
        except (EOFError, ConnectionError):
            pass
    assert RawSocket(port).status == 101


def story_http_is_answered(port):
    for path, status, body in (('/healthz', 200, b'ok\n'), ('/-/other', 404, None), ('/room/other', 404, None)):
        connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
        connection.request('GET', path)
        response = connection.getresponse()
        assert response.status == status, path
        text = response.read()
        assert body is None or text == body
        connection.close()


def story_the_silent_are_shown_the_door(port):
    silent = RawSocket(port)  # upgrades, and never greets
    half = socket.create_connection(('127.0.0.1', port), timeout=20)
    half.sendall(b'GET / HT')  # never ends its request
    started = time.monotonic()
    silent.socket.settimeout(10)
    assert silent.receive('error')['d']['code'] == 'timeout' and silent.ended()
    assert 4.5 < time.monotonic() - started < 8
    assert half.recv(100) == b'', 'the unfinished request was kept'
    assert time.monotonic() - started < 18


def story_a_busy_port_is_told_and_searched_past(port):
    run = subprocess.run([sys.argv[1], '--port', str(port)], capture_output=True, text=True, timeout=10)
    assert run.returncode == 1 and '--port-search' in run.stderr and str(port) in run.stderr, run.stderr
    other = subprocess.Popen([sys.argv[1], '--port', str(port), '--port-search'], stdout=subprocess.PIPE, text=True)
    atexit.register(other.kill)
    line = other.stdout.readline()
    other.terminate()
    assert other.wait(timeout=5) == 0
    other.stdout.close()
    assert int(line.rsplit(':', 1)[1]) > port, line


def story_options_explain_themselves(_port):
    text = subprocess.run([sys.argv[1], '--help'], capture_output=True, text=True, check=True).stdout
    for option in ('--bind', '--port', '--port-search', '--max-connections', '--state', '--turn', '--turn-secret-file',
                   '--token-key', '--admin-port', '--log', '--config', '--help', '--version'):
        assert option in text
    for wrong in (['--prot', '1'], ['--port', 'x'], ['--port', '65536'], ['--port'], ['--log', 'loud']):
        run = subprocess.run([sys.argv[1], *wrong], capture_output=True, text=True, timeout=10)
        assert run.returncode == 2 and 'see quartetd --help' in run.stderr, wrong
    run = subprocess.run([sys.argv[1], '--bind', '203.0.113.1'], capture_output=True, text=True, timeout=10)
    assert run.returncode == 1 and '--bind' in run.stderr


def story_more_connections_than_allowed_are_turned_away(_port):
    server = Server('--max-connections', '1')
    first = Participant(server.port)
    second = RawSocket(server.port)
    assert second.receive('error')['d']['code'] == 'busy' and second.ended()
    first.send('ping')
    first.receive('pong')
    assert server.end() == 0


def ask(port, method, path, host=None):
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=5)
    connection.request(method, path, headers={'Host': host} if host else {})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def free_port():
    with socket.create_server(('127.0.0.1', 0)) as s:
        return s.getsockname()[1]


def story_those_who_run_it_see_figures_and_end_rooms(_port):
    admin = free_port()
    server = Server('--admin-port', str(admin))
    a, b = Participant(server.port, 'one'), Participant(server.port, 'one')
    b.send('chat', {'text': 'hi'})
    a.receive('chat')
    status, text = ask(admin, 'GET', '/metrics')
    assert status == 200 and '\nquartetd_sessions 2\n' in text and '\nquartetd_messages_routed_total 1\n' in text, text
    status, text = ask(admin, 'GET', '/rooms')
    assert json.loads(text) == [{'name': 'one', 'participants': 2, 'away': 0, 'locked': False, 'lobby': False}], text
    assert ask(admin, 'GET', '/rooms', host='evil.example')[0] == 403
    assert ask(admin, 'DELETE', '/rooms/two')[0] == 404
    assert ask(admin, 'DELETE', '/rooms/one')[0] == 200
    for p in (a, b):
        assert p.receive('error')['d']['code'] == 'ended' and p.ended()
    status, text = ask(server.port, 'GET', '/rooms') # to the public it is a room's name as any other
    assert status == 200 and text.lower().startswith('<!doctype html>'), f'the public port shows rooms: {text[:80]!r}'
    assert ask(server.port, 'DELETE', '/rooms')[0] == 405, 'the public port ends rooms'
    assert server.end() == 0


def story_a_killed_server_finds_its_participants_again(_port):
    with tempfile.TemporaryDirectory() as folder:
        state = os.path.join(folder, 'key')
        server = Server('--state', state)
        a, b = Participant(server.port, 'again', 'Ana'), Participant(server.port, 'again', 'Ben')
        assert os.stat(state).st_mode & 0o777 == 0o600
        server.end(signal.SIGKILL)
        server = Server('--state', state)
        back = []
        for who in (a, b):
            s = RawSocket(server.port, '/again')
            s.send('hello', {'versions': [1]})
            s.receive('welcome')
            s.send('resume', {'ticket': who.joined['d']['ticket'], 'last': 7, 'name': 'x'})
            back.append(s.receive('resumed')['d'])
            assert back[-1]['self'] == who.id and back[-1]['fresh'] is True
        assert [p['id'] for p in back[1]['peers']] == [a.id]
        assert server.end() == 0
        os.chmod(state, 0o644)
        run = subprocess.run([sys.argv[1], '--port', '0', '--state', state], capture_output=True, text=True, timeout=10)
        assert run.returncode == 1 and state in run.stderr


def story_options_come_from_a_file_and_the_environment(_port):
    with tempfile.TemporaryDirectory() as folder:
        config, secret = os.path.join(folder, 'config'), os.path.join(folder, 'secret')
        with open(secret, 'w') as f:
            f.write('north\n')
        with open(config, 'w') as f:
            f.write(f'# a comment\n port = 1\nturn = turn:turn.example:3478 # one\nturn-secret-file={secret}\n'
                    'port-search = true\n')
        server = Server('--config', config)  # and --port 0, which comes first
        p = Participant(server.port)
        turn = p.receive('turn')['d']
        mac = hmac.new(b'north', turn['username'].encode(), 'sha1').digest()
        assert turn['urls'] == ['turn:turn.example:3478'] and base64.b64decode(turn['credential']) == mac
        assert server.end() == 0
        with open(config, 'a') as f:
            f.write('colour = red\n')
        run = subprocess.run([sys.argv[1], '--config', config], capture_output=True, text=True, timeout=10)
        assert run.returncode == 2 and 'line 6: no such option' in run.stderr, run.stderr
        run = subprocess.run([sys.argv[1]], capture_output=True, text=True, timeout=10,
                             env={**os.environ, 'QUARTETD_MAX_CONNECTIONS': 'many'})
        assert run.returncode == 2 and 'QUARTETD_MAX_CONNECTIONS' in run.stderr, run.stderr


def story_it_ends_with_a_goodbye(_port):
    for how in (signal.SIGTERM, signal.SIGINT):
        server = Server()
        s = Participant(server.port)
        started = time.monotonic()
        server.process.send_signal(how)
        assert s.receive('bye')['d']['reason']
        assert s.ended()
        s.socket.close()
        assert server.process.wait(timeout=5) == 0
        server.process.stdout.close()
        assert time.monotonic() - started < 2


def main():
    server = Server()
    failed = 0
    for name, story in list(globals().items()):
        if name.startswith('story_'):
            started = time.monotonic()
            try:
                story(server.port)
                print(f'ok      {name[6:]} ({time.monotonic() - started:.2f} s)')
            except Exception as error:  # the next story can still be told
                failed += 1
                print(f'FAILED  {name[6:]}: {type(error).__name__}: {error}')
    code = server.end()
    if code != 0:
        print(f'FAILED  quartetd ended with {code}')
    sys.exit(1 if failed or code else 0)


main()
