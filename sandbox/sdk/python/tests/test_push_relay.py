"""wechatpy, as published, as the company's own receiver of pushes: behind Guiyi, which passes them on, and before it."""

import os
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import requests
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto

from .sandbox import App, control

TOKEN = "sandboxtoken01"
AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
CLUB = App("club", "wxde3000000000c10b", "de30000000000000000000000000c10b")
SERVICE_URL = os.environ["SERVICE_URL"]
SERVICE_SANDBOX_URL = os.environ["SERVICE_SANDBOX_URL"]


class Receiver(BaseHTTPRequestHandler):
    """The company's receiver: decrypts, and answers the person with a text, as wechatpy's documentation has it."""

    def do_POST(self):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.passes_on:
            answer = requests.post(f"{SERVICE_URL}/push/club?{url.query}", data=body, timeout=10)
            self.server.answers.append((answer.status_code, answer.text))
        crypto = WeChatCrypto(TOKEN, AES_KEY, CLUB.id)
        text = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
        message = parse_message(text)
        self.server.heard.append(message)
        reply = create_reply("welcome", message).render()
        answer = crypto.encrypt_message(reply, query["nonce"], query["timestamp"])
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_):
        pass


class PushRelay(unittest.TestCase):
    def receiver(self, address, passes_on=False):
        server = HTTPServer(address, Receiver)
        server.heard, server.answers, server.passes_on = [], [], passes_on
        thread = Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return server

    def test_a_push_that_guiyi_passes_on_is_decrypted_and_its_reply_comes_back(self):
        host, port = os.environ["RELAY_PYTHON"].split(":")
        server = self.receiver((host, int(port)))

        event = {"app": "club", "person": "lan", "event": "subscribe"}
        outcome = control("POST", "push", event, SERVICE_SANDBOX_URL)

        self.assertEqual([message.event for message in server.heard], ["subscribe"])
        body = outcome["attempts"][0]["body"]
        self.assertIn("<Encrypt>", body)
        self.assertIn("<MsgSignature>", body)

    def test_a_push_that_the_receiver_passes_on_with_the_original_signature_is_accepted(self):
        server = self.receiver(("127.0.0.1", 0), passes_on=True)
        before = control("GET", "apps/club", None, SERVICE_SANDBOX_URL)["push"]
        url = f"http://127.0.0.1:{server.server_port}/push"
        control("PATCH", "apps/club", {"push": {"url": url}}, SERVICE_SANDBOX_URL)
        self.addCleanup(control, "PATCH", "apps/club", {"push": {"url": before["url"]}}, SERVICE_SANDBOX_URL)

        control("POST", "push", {"app": "club", "person": "lan", "event": "unsubscribe"}, SERVICE_SANDBOX_URL)

        self.assertEqual([status for status, _ in server.answers], [200])
        self.assertEqual([message.event for message in server.heard], ["unsubscribe"])
