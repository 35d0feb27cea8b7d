"""wechatpy's enterprise client, as published: the login of a self-built app of WeCom."""

import unittest

from wechatpy.enterprise import WeChatClient
from wechatpy.exceptions import WeChatClientException

from .sandbox import App, code_of, control, open_app

OFFICE = App("office", "ww0123456789abcdef", "office-secret_0123456789_0123456789_0123456")


class Login(unittest.TestCase):
    """lan works for the company, wei does not."""

    @classmethod
    def setUpClass(cls):
        open_app(OFFICE, "wecom", agent_id=1000002)
        control("PATCH", "people/lan", {"member": True})

    def setUp(self):
        self.client = WeChatClient(OFFICE.id, OFFICE.secret)

    def test_the_code_of_a_member_becomes_their_user_id(self):
        visitor = self.client.oauth.get_user_info(code_of(OFFICE, "lan"))

        self.assertEqual(visitor["UserId"], "lan")

    def test_an_outsider_has_an_open_id(self):
        visitor = self.client.oauth.get_user_info(code_of(OFFICE, "wei"))

        self.assertNotIn("UserId", visitor)
        self.assertRegex(visitor["OpenId"], "^o")

    def test_a_used_code_is_an_error_of_the_sdk(self):
        code = code_of(OFFICE, "lan")
        self.client.oauth.get_user_info(code)

        with self.assertRaises(WeChatClientException) as refused:
            self.client.oauth.get_user_info(code)

        self.assertEqual(refused.exception.errcode, 40029)
