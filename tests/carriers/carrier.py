"""Simulates Alibaba Cloud, Tencent Cloud, Huawei Cloud and a plain gateway, and verifies every signature as their documents specify.

It shares no code with Guiyi: it is written in another language from the documents alone. Sources:
ACS3-HMAC-SHA256: https://help.aliyun.com/document_detail/2593177.html
TC3-HMAC-SHA256: https://cloud.tencent.com/document/api/382/52071
SDK-HMAC-SHA256: https://support.huaweicloud.com/devg-apisign/api-sign-algorithm-005.html

The last digit of the number determines the answer: 1 succeeds, 2 is refused, 3 is rate limited, 4 fails.
`GET /seen` returns the requests with a valid signature. The first line on standard output is its port.
"""

import hashlib
import hmac
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

ALIYUN = ("test-key-id", "test-key-secret")
TENCENT = ("test-secret-id", "test-secret-key")
HUAWEI = ("test-app-key", "test-app-secret")
GATEWAY = "test-hmac-secret"
ALIYUN_CODES = {"2": "isv.MOBILE_NUMBER_ILLEGAL", "3": "isv.BUSINESS_LIMIT_CONTROL", "4": "isp.SYSTEM_ERROR"}
TENCENT_CODES = {
    "2": "InvalidParameterValue.IncorrectPhoneNumber",
    "3": "LimitExceeded.PhoneNumberDailyLimit",
    "4": "InternalError.OtherError",
}
HUAWEI_CODES = {"2": "E200025", "3": "E200015", "4": None}
# VerifyResult of DescribePhoneTwiceTelVerify: not recycled, recycled, deactivated, cannot be determined.
LINES = {"1": "2", "2": "1", "3": "3", "4": "0"}

seen = []
nonces = set()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256)


def encoded(text):
    return quote(text, safe="-_.~")


def authorization(value):
    """Splits `ALGORITHM A=…,B=…` into the algorithm and its parts."""
    algorithm, _, rest = value.partition(" ")
    return algorithm, dict(part.strip().split("=", 1) for part in rest.split(","))


class Carrier(BaseHTTPRequestHandler):
    def log_message(self, *_):
        """Logs nothing: requests contain phone numbers."""

    def answer(self, body, status=200):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer(seen)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("x-acs-action"):
            self.aliyun(body)
        elif self.headers.get("X-TC-Action"):
            self.tencent(body)
        elif self.headers.get("X-Sdk-Date"):
            self.huawei(body)
        else:
            self.gateway(body)

    def aliyun(self, body):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        algorithm, parts = authorization(self.headers["Authorization"])
        names = parts["SignedHeaders"].split(";")
        canonical = "\n".join([
            "POST",
            url.path or "/",
            "&".join(f"{encoded(name)}={encoded(query[name])}" for name in sorted(query)),
            "".join(f"{name}:{self.headers[name].strip()}\n" for name in sorted(names)),
            ";".join(sorted(names)),
            self.headers["x-acs-content-sha256"],
        ])
        signature = mac(ALIYUN[1].encode(), f"{algorithm}\n{sha256(canonical.encode())}").hexdigest()
        # "All headers that begin with x-acs-, the host and the content type, if there is one, must be signed."
        must = {"host"} | {name.lower() for name in self.headers if name.lower().startswith("x-acs-")}
        must |= {"content-type"} & {name.lower() for name in self.headers}
        nonce = self.headers["x-acs-signature-nonce"]
        good = (
            algorithm == "ACS3-HMAC-SHA256"
            and parts["Credential"] == ALIYUN[0]
            and parts["Signature"] == signature
            and must <= set(names)
            and self.headers["x-acs-content-sha256"] == sha256(body)
            and nonce not in nonces
        )
        nonces.add(nonce)
        # Like the real service, repeats the signed text, which contains the number and the code.
        if not good:
            return self.answer({"Code": "SignatureDoesNotMatch", "Message": canonical}, 400)
        call = {name: self.headers[f"x-acs-{name}"] for name in ["action", "version", "date"]}
        seen.append(call | {"query": query})
        if call["action"] == "DescribePhoneTwiceTelVerify":
            result = {"Carrier": "CMCC", "VerifyResult": LINES[query["InputNumber"][-1]]}
            return self.answer({"Code": "OK", "Message": "OK", "Data": result})
        code = ALIYUN_CODES.get(query["PhoneNumbers"][-1], "OK")
        return self.answer({"Code": code, "Message": f"said of {query['PhoneNumbers']}"})

    def tencent(self, body):
        algorithm, parts = authorization(self.headers["Authorization"])
        timestamp = self.headers["X-TC-Timestamp"]
        date = time.strftime("%Y-%m-%d", time.gmtime(int(timestamp)))
        service = "sms"
        names = parts["SignedHeaders"].split(";")
        canonical = "\n".join([
            "POST",
            "/",
            "",
            "".join(f"{name}:{self.headers[name].strip().lower()}\n" for name in names),
            parts["SignedHeaders"],
            sha256(body),
        ])
        scope = f"{date}/{service}/tc3_request"
        to_sign = f"{algorithm}\n{timestamp}\n{scope}\n{sha256(canonical.encode())}"
        key = f"TC3{TENCENT[1]}".encode()
        for part in [date, service, "tc3_request"]:
            key = mac(key, part).digest()
        good = (
            algorithm == "TC3-HMAC-SHA256"
            and parts["Credential"] == f"{TENCENT[0]}/{scope}"
            and parts["Signature"] == mac(key, to_sign).hexdigest()
            and {"content-type", "host"} <= set(names)
        )
        if not good:
            error = {"Code": "AuthFailure.SignatureFailure", "Message": canonical}
            return self.answer({"Response": {"Error": error, "RequestId": "r"}})
        call = {name: self.headers[f"X-TC-{name}"] for name in ["Action", "Version", "Region", "Timestamp"]}
        sent = json.loads(body)
        seen.append(call | {"body": sent})
        code = TENCENT_CODES.get(sent["PhoneNumberSet"][0][-1], "Ok")
        status = {"Code": code, "Message": f"said of {sent['PhoneNumberSet'][0]}", "Fee": 1}
        return self.answer({"Response": {"SendStatusSet": [status], "RequestId": "r"}})

    def huawei(self, body):
        url = urlsplit(self.path)
        algorithm, parts = authorization(self.headers["Authorization"])
        names = parts["SignedHeaders"].split(";")
        canonical = "\n".join([
            "POST",
            # "The canonical URI ends with a slash, also if the URI of the request does not."
            url.path if url.path.endswith("/") else url.path + "/",
            "",
            "".join(f"{name}:{self.headers[name].strip()}\n" for name in names),
            parts["SignedHeaders"],
            sha256(body),
        ])
        to_sign = f"{algorithm}\n{self.headers['X-Sdk-Date']}\n{sha256(canonical.encode())}"
        good = (
            algorithm == "SDK-HMAC-SHA256"
            and parts["Access"] == HUAWEI[0]
            and parts["Signature"] == mac(HUAWEI[1].encode(), to_sign).hexdigest()
            and names == sorted(names)
            and {"host", "x-sdk-date"} <= set(names)
            and self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        )
        if not good:
            return self.answer({"code": "E000045", "description": canonical}, 400)
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        seen.append({"path": url.path, "date": self.headers["X-Sdk-Date"], "form": form})
        status = HUAWEI_CODES.get(form["to"][-1], "000000")
        if status is None:
            return self.answer({"code": "E000000", "description": f"said of {form['to']}"}, 503)
        code = "000000" if status == "000000" else "E000510"
        result = {"originTo": form["to"], "status": status, "smsMsgId": "m", "from": form["from"]}
        return self.answer({"code": code, "description": f"said of {form['to']}", "result": [result]})

    def gateway(self, body):
        timestamp = self.headers["X-Guiyi-Timestamp"]
        signature = mac(GATEWAY.encode(), f"{timestamp}.{body.decode()}").hexdigest()
        if self.headers["X-Guiyi-Signature"] != signature or self.headers["Authorization"] != "Bearer test-bearer":
            return self.answer({"result": "who are you?"}, 401)
        if self.headers["Content-Type"] == "application/json":
            fields = json.loads(body)
        else:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        seen.append({"path": self.path, "timestamp": timestamp, "fields": fields})
        last = fields["mobile"][-1]
        if last == "3":
            return self.answer({}, 429)
        if last == "4":
            return self.answer({}, 502)
        return self.answer({"result": 0 if last == "1" else 17})


server = ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
print(server.server_port, flush=True)
server.serve_forever()
