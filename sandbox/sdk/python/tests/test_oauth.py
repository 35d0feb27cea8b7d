"""wechatpy's WeChatOAuth, as published: the login of an official account and of a website."""

import unittest

import requests
from wechatpy.exceptions import WeChatOAuthException
from wechatpy.oauth import WeChatOAuth

from .sandbox import PLAIN_SANDBOX, SHOP, SITE, code_of, control, identity_of

CALLBACK = "http://127.0.0.1:3000/callback"


def oauth_of(app, sdk=WeChatOAuth, **how):
    return sdk(app.id, app.secret, CALLBACK, **how)


class Login(unittest.TestCase):
    def test_a_code_becomes_tokens(self):
        open_id, union_id = identity_of(SHOP, "lan")

        tokens = oauth_of(SHOP).fetch_access_token(code_of(SHOP, "lan"))

        self.assertEqual(
            tokens,
            {
                "access_token": tokens["access_token"],
                "expires_in": 7200,
                "refresh_token": tokens["refresh_token"],
                "openid": open_id,
                "scope": "snsapi_userinfo",
                "unionid": union_id,
            },
        )

    def test_a_nickname_keeps_its_emoji(self):
        oauth = oauth_of(SHOP)
        oauth.fetch_access_token(code_of(SHOP, "lan"))

        profile = oauth.get_user_info()

        open_id, union_id = identity_of(SHOP, "lan")
        who = [profile[field] for field in ("nickname", "openid", "unionid")]
        self.assertEqual(who, ["兰心🌿", open_id, union_id])

    def test_tokens_are_renewed_for_the_same_person(self):
        oauth = oauth_of(SHOP)
        first = oauth.fetch_access_token(code_of(SHOP, "lan"))

        renewed = oauth.refresh_access_token(first["refresh_token"])

        self.assertEqual(renewed["openid"], first["openid"])
        self.assertEqual(oauth.get_user_info()["nickname"], "兰心🌿")

    def test_a_token_is_good_for_its_own_person(self):
        oauth = oauth_of(SHOP)
        oauth.fetch_access_token(code_of(SHOP, "lan"))
        stranger, _ = identity_of(SHOP, "wei")

        self.assertTrue(oauth.check_access_token())
        with self.assertRaises(WeChatOAuthException) as refused:
            oauth.check_access_token(openid=stranger)

        self.assertEqual(refused.exception.errcode, 40003)

    def test_a_used_code_is_an_error_of_the_sdk(self):
        oauth = oauth_of(SHOP)
        code = code_of(SHOP, "lan")
        oauth.fetch_access_token(code)

        with self.assertRaises(WeChatOAuthException) as refused:
            oauth.fetch_access_token(code)

        self.assertEqual(refused.exception.errcode, 40163)
        self.assertRegex(refused.exception.errmsg, "^code been used")

    def test_a_silent_login_shows_no_profile(self):
        oauth = oauth_of(SHOP)
        tokens = oauth.fetch_access_token(code_of(SHOP, "lan", scope="snsapi_base"))

        with self.assertRaises(WeChatOAuthException) as refused:
            oauth.get_user_info()

        self.assertNotIn("unionid", tokens)
        self.assertEqual(refused.exception.errcode, 48001)

    def test_a_busy_wechat_is_an_error_of_the_sdk(self):
        control("POST", "faults", {"path": "/sns/oauth2/access_token", "status": 502, "body": "<html>busy</html>"})

        with self.assertRaises(WeChatOAuthException) as refused:
            oauth_of(SHOP).fetch_access_token(code_of(SHOP, "lan"))

        self.assertEqual(refused.exception.response.status_code, 502)


class Addresses(unittest.TestCase):
    def test_the_page_of_an_official_account_opens(self):
        page = requests.get(oauth_of(SHOP, scope="snsapi_userinfo", state="abc123").authorize_url, timeout=30)

        self.assertNotIn("x-sandbox-error", page.headers)
        self.assertIn("禾木商城", page.text)

    def test_the_qr_page_of_a_website_opens(self):
        page = requests.get(oauth_of(SITE, state="abc123").qrconnect_url, timeout=30)

        self.assertNotIn("x-sandbox-error", page.headers)
        self.assertIn("禾木官网", page.text)

    def test_with_other_addresses_the_sdk_needs_no_hosts_file_and_no_tls(self):
        class Elsewhere(WeChatOAuth):
            API_BASE_URL = f"{PLAIN_SANDBOX}/api.weixin.qq.com/"
            OAUTH_BASE_URL = f"{PLAIN_SANDBOX}/open.weixin.qq.com/connect/"

        oauth = oauth_of(SHOP, Elsewhere, scope="snsapi_userinfo")
        code = control("POST", "codes", {"app": "shop", "person": "lan"}, PLAIN_SANDBOX)["code"]

        tokens = oauth.fetch_access_token(code)

        # Both sandboxes have the same company, so the same people.
        self.assertEqual((tokens["openid"], tokens["unionid"]), identity_of(SHOP, "lan"))
        self.assertIn("禾木商城", requests.get(oauth.authorize_url, timeout=30).text)
