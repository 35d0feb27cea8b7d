"""What the tests know of the sandbox: its apps, its control API, and who somebody is in the eyes of an app.

The SDK sees none of this.
"""

import os
from dataclasses import dataclass

import requests

TLS_SANDBOX = os.environ["SANDBOX_TLS_URL"]
"""The sandbox that speaks TLS under WeChat's names."""
PLAIN_SANDBOX = os.environ["SANDBOX_URL"]
"""Another one, without TLS, for SDKs that can be told another address."""


@dataclass(frozen=True)
class App:
    """One of the demo company's apps, as its developers know it."""

    name: str
    id: str
    secret: str


SHOP = App("shop", "wxde30000000005409", "de300000000000000000000000005409")
OUTLET = App("outlet", "wxde300000000007e7", "de3000000000000000000000000007e7")
SITE = App("site", "wxde3000000000517e", "de30000000000000000000000000517e")
MINI = App("mini", "wxde30000000003191", "de300000000000000000000000003191")


def control(method, path, body=None, sandbox=TLS_SANDBOX):
    """Calls the control API, and answers with what it says."""
    answer = requests.request(method, f"{sandbox}/_sandbox/{path}", json=body, timeout=30)
    if not answer.ok:
        raise AssertionError(f"{method} /_sandbox/{path}: {answer.status_code} {answer.text}")
    return answer.json()


def open_app(app, kind, **more):
    """Adds an app to the company of the sandbox."""
    words = {"name": app.name, "title": app.name, "kind": kind, "app_id": app.id, "secret": app.secret}
    control("POST", "apps", {**words, "redirect_domains": ["127.0.0.1"], **more})


def code_of(app, person, **how):
    """A login code, as if the person had just agreed on the phone."""
    order = {"app": app.name, "person": person, **how}
    return control("POST", "codes", order)["code"]


def identity_of(app, person):
    """The openId and the unionId of a person, by the plain calls of WeChat's documents."""
    query = {"appid": app.id, "secret": app.secret, "grant_type": "authorization_code"}
    path, name = ("jscode2session", "js_code") if app is MINI else ("oauth2/access_token", "code")
    query[name] = code_of(app, person)
    answer = requests.get(f"https://api.weixin.qq.com/sns/{path}", params=query, timeout=30).json()
    return answer["openid"], answer.get("unionid")
