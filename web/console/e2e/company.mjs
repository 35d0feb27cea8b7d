// What the tests and the screenshots need of the demo company: people who come, order, and raise doubts.
import { createHash, randomBytes } from 'node:crypto';

const LOG_IN = `mutation ($code: String!, $app: String, $state: String, $verifier: String) {
  wechatLogin(code: $code, app: $app, state: $state, codeVerifier: $verifier) { accessToken user { id } openId }
}`;

export class Company {
  #people = 0;

  /** `token` is a service token with the scopes `orders:write` and `users:manage`, `origin` that of the service's pages. */
  constructor({ api, sandbox, token, origin = api }) {
    Object.assign(this, { api, sandbox, token, origin });
  }

  /** Sends an operation, and returns its data. */
  async send(query, variables = {}, token = null) {
    const { data, errors } = await post(`${this.api}/graphql`, { query, variables }, token);
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Adds a person to the sandbox, and returns the name that it has there. */
  async person(nickname, phone) {
    this.#people += 1;
    const id = `p${Date.now().toString(36)}${this.#people}`;
    await post(`${this.sandbox}/_sandbox/people`, { id, nickname, phones: phone ? [phone] : [] });
    return id;
  }

  /** Signs a person in. `scope` is `snsapi_base` for a login that tells no unionId. */
  async signIn(app, person, scope = 'snsapi_userinfo') {
    const verifier = randomBytes(32).toString('base64url');
    const codeChallenge = createHash('sha256').update(verifier).digest('base64url');
    const { code } = await post(`${this.sandbox}/_sandbox/codes`, { app, person, scope });
    let state = null;
    if (app !== 'mini') {
      const input = { app, returnTo: `${this.origin}/playground`, codeChallenge };
      const begin = 'mutation ($input: BeginLoginInput!) { beginLogin(input: $input) { state } }';
      state = (await this.send(begin, { input })).beginLogin.state;
    }
    const { wechatLogin } = await this.send(LOG_IN, { code, app, state, verifier: state ? verifier : null });
    return { token: wechatLogin.accessToken, id: wechatLogin.user.id, openId: wechatLogin.openId, app };
  }

  /** Binds a phone. Returns the code of the error, if there is one. `claim` answers the question about an old proof. */
  async bind(session, phone, claim = null) {
    await this.send(
      'mutation ($phone: String!) { sendPhoneCode(phone: $phone) { expiresAt } }',
      { phone },
      session.token,
    );
    const [{ code }] = await get(`${this.sandbox}/_sandbox/sms?to=${encodeURIComponent(phone)}`);
    const query = `mutation ($phone: String!, $code: String!, $claim: PhoneClaim) {
      bindPhone(phone: $phone, code: $code, claim: $claim) { merged }
    }`;
    const { errors } = await post(
      `${this.api}/graphql`,
      { query, variables: { phone, code, claim } },
      session.token,
    );
    return errors?.[0].extensions.code ?? null;
  }

  /** A case: a person says that a number that was not proved for long, and its account, are theirs. */
  async claim(one, other, phone) {
    const owner = await this.signIn('shop', await this.person(one));
    const set =
      'mutation ($id: ID!, $phone: String!) { setPhone(id: $id, phone: $phone, reason: "by letter") { changed } }';
    await this.send(set, { id: owner.id, phone }, this.token);
    const code = await this.bind(
      await this.signIn('club', await this.person(other), 'snsapi_base'),
      phone,
      'MINE',
    );
    if (code !== 'SECOND_PROOF_REQUIRED') throw new Error(`expected a case, not ${code}`);
  }

  /** Records an order of a session's openId. */
  async order(
    { app, openId },
    orderNo,
    amount,
    { status = 'COMPLETED', daysAgo = 3, title = '龙井茶 250 g' } = {},
  ) {
    const placedAt = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
    const input = [
      {
        app,
        orderNo,
        openId,
        status,
        total: { amount, currency: 'CNY' },
        placedAt,
        items: [{ title, quantity: 1, unitPrice: amount }],
      },
    ];
    const { recordOrders } = await this.send(
      'mutation ($input: [OrderInput!]!) { recordOrders(input: $input) { refused results { error { detail } } } }',
      { input },
      this.token,
    );
    if (recordOrders.refused) throw new Error(JSON.stringify(recordOrders.results));
  }

  /** One person with two accounts, of which each has orders: nothing told yet that both are one. */
  async twoHalves(name, number, phone = null) {
    const person = await this.person(name, phone);
    const club = await this.signIn('club', person, 'snsapi_base');
    await this.order(club, `C-${number}`, '68.00', { daysAgo: 40, title: '茉莉花茶 100 g' });
    await this.order(club, `C-${number}-2`, '128.50', { daysAgo: 12, status: 'SHIPPED' });
    const shop = await this.signIn('shop', person);
    await this.order(shop, `S-${number}`, '236.00', { daysAgo: 5, title: '普洱茶饼 357 g' });
    return { person, club, shop };
  }

  /** A case: WeChat tells that two accounts with orders are one person. */
  async doubt(name, number) {
    const halves = await this.twoHalves(name, number);
    await this.signIn('club', halves.person);
    return halves;
  }
}

async function post(url, body, token = null) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`);
  }
}

async function get(url) {
  return (await fetch(url)).json();
}
