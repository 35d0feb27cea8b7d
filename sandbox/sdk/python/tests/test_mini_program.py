"""wechatpy's WeChatWxa and WeChatWxaCrypto, as published: the server of a mini program."""

import unittest

from wechatpy import WeChatClient
from wechatpy.crypto import WeChatWxaCrypto
from wechatpy.exceptions import WeChatClientException
from wechatpy.utils import check_wxa_signature

from .sandbox import MINI, code_of, control, identity_of

PHONE = {"phoneNumber": "13800000001", "purePhoneNumber": "13800000001", "countryCode": "86"}


class MiniProgram(unittest.TestCase):
    def setUp(self):
        self.client = WeChatClient(MINI.id, MINI.secret)

    def shown(self, what):
        """What the phone of lan hands to the mini program, and the session key it is encrypted with."""
        key = self.client.wxa.code_to_session(code_of(MINI, "lan"))["session_key"]
        return key, control("POST", "encrypted-data", {"app": MINI.name, "person": "lan", "what": what})

    def test_a_code_becomes_a_session(self):
        session = self.client.wxa.code_to_session(code_of(MINI, "lan"))

        self.assertEqual((session["openid"], session["unionid"]), identity_of(MINI, "lan"))

    def test_a_used_code_is_an_error_of_the_sdk(self):
        code = code_of(MINI, "lan")
        self.client.wxa.code_to_session(code)

        with self.assertRaises(WeChatClientException) as refused:
            self.client.wxa.code_to_session(code)

        self.assertEqual(refused.exception.errcode, 40163)

    def test_the_profile_that_a_person_shows_is_decrypted(self):
        key, shown = self.shown("profile")

        profile = WeChatWxaCrypto(key, shown["iv"], MINI.id).decrypt_message(shown["encryptedData"])

        check_wxa_signature(key, shown["rawData"], shown["signature"])
        self.assertEqual((profile["openId"], profile["unionId"]), identity_of(MINI, "lan"))
        self.assertEqual(profile["nickName"], "兰心🌿")

    def test_the_phone_number_that_a_person_shows_is_decrypted(self):
        key, shown = self.shown("phone")

        phone = WeChatWxaCrypto(key, shown["iv"], MINI.id).decrypt_message(shown["encryptedData"])

        self.assertEqual(phone | PHONE, phone)

    def test_the_phone_number_comes_by_a_code(self):
        code = control("POST", "phone-codes", {"app": MINI.name, "person": "lan"})["code"]

        # wechatpy knows no call of this name; its client makes every other one.
        url = "https://api.weixin.qq.com/wxa/business/getuserphonenumber"
        phone = self.client.post(url, data={"code": code})["phone_info"]

        self.assertEqual(phone | PHONE, phone)
