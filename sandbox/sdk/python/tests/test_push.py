"""wechatpy's WeChatCrypto and parse_message, as published, behind a server of the test: what WeChat tells an app."""

import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.events import SubscribeEvent, SubscribeScanEvent, UnsubscribeEvent
from wechatpy.utils import check_signature

from .sandbox import SHOP, control, identity_of

TOKEN = "sandboxtoken01"
AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


class Developer(BaseHTTPRequestHandler):
    """The server of an app, as wechatpy's documentation writes one; the server's `heard` gets every message."""

    def do_GET(self):
        query = self.query()
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        self.answer(query["echostr"])

    def do_POST(self):
        query = self.query()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
        if query.get("encrypt_type") == "aes":
            crypto = WeChatCrypto(TOKEN, AES_KEY, SHOP.id)
            body = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        self.server.heard.append(parse_message(body))
        self.answer("success")

    def query(self):
        return dict(parse_qsl(urlsplit(self.path).query))

    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Push(unittest.TestCase):
    def setUp(self):
        self.server = HTTPServer(("127.0.0.1", 0), Developer)
        self.server.heard = []
        thread = Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(control, "PATCH", "apps/shop", {"push": None})

    def push_in(self, mode):
        url = f"http://127.0.0.1:{self.server.server_port}/push"
        push = {"url": url, "token": TOKEN, "aes_key": AES_KEY, "mode": mode, "format": "xml"}
        control("PATCH", "apps/shop", {"push": push})

    def heard_of(self, event, **more):
        """What the server hears when something happens to lan, and takes at the first try."""
        outcome = control("POST", "push", {"app": "shop", "person": "lan", "event": event, **more})
        self.assertEqual([attempt["body"] for attempt in outcome["attempts"]], ["success"])
        self.assertEqual(len(self.server.heard), 1)
        return self.server.heard.pop()

    def test_the_address_proves_that_it_knows_the_token(self):
        self.push_in("secure")

        self.assertEqual(control("POST", "push/verify", {"app": "shop"}), {"verified": True})

    def test_a_new_follower_is_heard_of_in_every_mode(self):
        open_id, _ = identity_of(SHOP, "lan")

        for mode in ("plain", "compatible", "secure"):
            with self.subTest(mode):
                self.push_in(mode)
                message = self.heard_of("subscribe")
                self.assertIsInstance(message, SubscribeEvent)
                self.assertEqual(message.source, open_id)

    def test_the_scene_of_a_qr_code_comes_with_the_follower(self):
        self.push_in("secure")

        message = self.heard_of("subscribe", scene="table-7")

        self.assertIsInstance(message, SubscribeScanEvent)
        self.assertEqual(message.scene_id, "table-7")

    def test_who_leaves_is_heard_of(self):
        self.push_in("secure")

        message = self.heard_of("unsubscribe")

        self.assertIsInstance(message, UnsubscribeEvent)
