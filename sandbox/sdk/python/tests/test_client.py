"""wechatpy's WeChatClient, as published: what the server of an official account asks with its global token."""

import unittest

from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException

from .sandbox import OUTLET, SHOP, App, control, identity_of, open_app


def client_of(app):
    return WeChatClient(app.id, app.secret)


class GlobalToken(unittest.TestCase):
    def test_it_is_fetched_once_and_kept(self):
        client = client_of(SHOP)

        first = client.access_token

        self.assertGreater(len(first), 32)
        self.assertEqual(client.access_token, first)

    def test_a_wrong_secret_is_an_error_of_the_sdk(self):
        with self.assertRaises(WeChatClientException) as refused:
            WeChatClient(SHOP.id, "0" * 32).fetch_access_token()

        self.assertEqual(refused.exception.errcode, 40125)

    def test_one_that_died_is_replaced_before_the_caller_notices(self):
        client = client_of(SHOP)
        open_id, _ = identity_of(SHOP, "lan")
        dead = client.access_token
        control("POST", "faults", {"path": "/cgi-bin/user/info", "errcode": 40001})

        user = client.user.get(open_id)

        self.assertEqual(user["openid"], open_id)
        self.assertNotEqual(client.access_token, dead)


class Followers(unittest.TestCase):
    """Only lan and wei follow the outlet."""

    def setUp(self):
        for person in ("lan", "wei"):
            control("POST", "push", {"app": OUTLET.name, "person": person, "event": "subscribe"})
        self.followers = dict(identity_of(OUTLET, person) for person in ("lan", "wei"))
        self.stranger, _ = identity_of(OUTLET, "mei")
        self.client = client_of(OUTLET)

    def test_a_follower_is_known_across_apps(self):
        open_id, union_id = next(iter(self.followers.items()))

        user = self.client.user.get(open_id)

        self.assertEqual((user["subscribe"], user["openid"], user["unionid"]), (1, open_id, union_id))

    def test_a_stranger_is_not(self):
        user = self.client.user.get(self.stranger)

        self.assertEqual((user["subscribe"], user["openid"]), (0, self.stranger))
        self.assertNotIn("unionid", user)

    def test_many_are_looked_up_at_once(self):
        users = self.client.user.get_batch(list(self.followers))

        self.assertEqual({user["openid"]: user["unionid"] for user in users}, self.followers)

    def test_all_are_listed_and_the_list_ends(self):
        listed = list(self.client.user.iter_followers())

        self.assertCountEqual(listed, self.followers)


class JsSdk(unittest.TestCase):
    def test_a_page_is_signed_with_the_ticket(self):
        jsapi = client_of(SHOP).jsapi
        page = {"noncestr": "n0nce", "timestamp": 1760000000, "url": "https://shop.example/h5?x=1"}

        ticket = jsapi.get_jsapi_ticket()
        signature = jsapi.get_jsapi_signature(ticket=ticket, **page)

        self.assertEqual(signature, control("POST", "js-signature", {"ticket": ticket, **page})["signature"])
        self.assertEqual(jsapi.get_ticket()["ticket"], ticket)


class Takeover(unittest.TestCase):
    def test_old_open_ids_lead_to_new_ones(self):
        old = App("kiosk", "wx000000000000a001", "0" * 31 + "1")
        new = App("stall", "wx000000000000a002", "0" * 31 + "2")
        for account in (old, new):
            open_app(account, "wechat-official-account")
        control("POST", "push", {"app": old.name, "person": "mei", "event": "subscribe"})
        before, _ = identity_of(old, "mei")
        after, _ = identity_of(new, "mei")
        control("POST", "migrations", {"from": old.name, "to": new.name})

        changed = client_of(new).user.change_openid(old.id, [before])

        self.assertEqual(changed, [{"ori_openid": before, "new_openid": after, "err_msg": "ok"}])
